import { keyAlgorithms } from '../domain/resource-server.ts'
import {
  inTurns,
  type PublicJwk,
  type SigningKey,
  type SigningKeyState,
  type SigningKeyStore,
  signerAt,
} from '../domain/signing-key.ts'
import { integer, nullableInteger, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { optional, readIdentifier, readObject, readOneOf, requireText } from './row.ts'
import { signingKeyColumns } from './tables.ts'

type SigningKeyRow = ValuesOf<typeof signingKeyColumns>

const states: readonly SigningKeyState[] = ['next', 'current', 'previous', 'revoked']

export function createSigningKeyStore(database: Database): SigningKeyStore {
  const listTurns = database.many({ tenant_id: text, algorithm: text }, (build, asked) =>
    build
      .selectFrom('signing_keys')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('algorithm', '=', asked.algorithm)
      .where('state', 'in', ['current', 'previous']),
  )
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('signing_keys')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const listPublished = database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('signing_keys')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('state', '!=', 'revoked')
      .orderBy('created_at')
      .orderBy('id'),
  )
  const list = database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('signing_keys')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('created_at')
      .orderBy('id'),
  )
  // Ids are digests of the keys, so only a second key in the same place is in the way: one that came meanwhile.
  const insert = database.change(
    signingKeyColumns,
    (build, row) =>
      build
        .insertInto('signing_keys')
        .values(row)
        .onConflict((conflict) => conflict.doNothing()),
    'signing key',
  )
  const readColumns = {
    read_state: text,
    read_current_since: nullableInteger,
    read_current_until: nullableInteger,
  }
  const update = database.change(
    { ...signingKeyColumns, ...readColumns },
    (build, { tenant_id, id, state, current_since, current_until, revoked_at, ...read }) =>
      build
        .updateTable('signing_keys')
        .set({ state, current_since, current_until, revoked_at })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('state', '=', read.read_state)
        .where('current_since', 'is', read.read_current_since)
        .where('current_until', 'is', read.read_current_until),
    'signing key',
  )
  const noteTokenLife = database.write(
    { tenant_id: text, id: text, seconds: integer },
    (build, { tenant_id, id, seconds }) =>
      build
        .updateTable('signing_keys')
        .set({ longest_token_seconds: seconds })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('longest_token_seconds', '<', seconds),
    { noun: 'signing key' },
  )
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('signing_keys').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun: 'signing key' },
  )

  const rememberedTurns = database.memory.remember((tenantId: string, algorithm: string) =>
    inTurns(listTurns({ tenant_id: tenantId, algorithm }).map(parseRow)),
  )

  return {
    findCurrent: async (tenantId, algorithm, at) => signerAt(rememberedTurns(tenantId, algorithm), at),
    find: async (tenantId, id) => parseFound(find({ tenant_id: tenantId, id })),
    listPublished: async (tenantId) => listPublished({ tenant_id: tenantId }).map(parseRow),
    list: async (tenantId) => list({ tenant_id: tenantId }).map(parseRow),
    insert: (key) => insert(toRow(key)),
    update: (key, read) => update({ ...toRow(key), ...asRead(toRow(read)) }),
    noteTokenLife: ({ tenantId, id }, seconds) => noteTokenLife({ tenant_id: tenantId, id, seconds }),
    remove: (tenantId, id) => remove({ tenant_id: tenantId, id }),
  }
}

function parseFound(row: SigningKeyRow | undefined): SigningKey | undefined {
  return row && parseRow(row)
}

function parseRow(row: SigningKeyRow): SigningKey {
  return {
    tenantId: readIdentifier(row.tenant_id, 'signing_keys.tenant_id'),
    id: readIdentifier(row.id, 'signing_keys.id'),
    algorithm: readOneOf(keyAlgorithms, row.algorithm, 'signing_keys.algorithm'),
    state: readOneOf(states, row.state, 'signing_keys.state'),
    publicJwk: parsePublicJwk(row.public_jwk),
    encryptedPrivateKey: readIdentifier(row.encrypted_private_key, 'signing_keys.encrypted_private_key'),
    certificate: row.certificate ?? undefined,
    createdAt: new Date(row.created_at),
    maySignFrom: new Date(row.may_sign_from),
    currentSince: readMoment(row.current_since),
    currentUntil: readMoment(row.current_until),
    longestTokenSeconds: row.longest_token_seconds,
    revokedAt: readMoment(row.revoked_at),
  }
}

function readMoment(value: number | null): Date | undefined {
  return value === null ? undefined : new Date(value)
}

/** Member by member: a private member can never come along, whatever the row holds. */
function parsePublicJwk(json: string): PublicJwk {
  const place = 'signing_keys.public_jwk'
  const raw = readObject(json, place)
  const parameters = { n: raw.n, e: raw.e, crv: raw.crv, x: raw.x, y: raw.y, pub: raw.pub }
  const present = Object.entries(parameters).flatMap(([name, value]) => {
    const parameter = optional(requireText, value, place)
    return parameter === undefined ? [] : [[name, parameter] as const]
  })
  return {
    kty: requireText(raw.kty, place),
    kid: requireText(raw.kid, place),
    use: readOneOf(['sig'], raw.use, place),
    alg: readOneOf(keyAlgorithms, raw.alg, place),
    ...Object.fromEntries(present),
  }
}

function toRow(key: SigningKey): SigningKeyRow {
  return {
    tenant_id: key.tenantId,
    id: key.id,
    algorithm: key.algorithm,
    state: key.state,
    public_jwk: JSON.stringify(key.publicJwk),
    encrypted_private_key: key.encryptedPrivateKey,
    certificate: key.certificate ?? null,
    created_at: key.createdAt.getTime(),
    may_sign_from: key.maySignFrom.getTime(),
    current_since: key.currentSince?.getTime() ?? null,
    current_until: key.currentUntil?.getTime() ?? null,
    longest_token_seconds: key.longestTokenSeconds,
    revoked_at: key.revokedAt?.getTime() ?? null,
  }
}

function asRead({ state, current_since, current_until }: SigningKeyRow) {
  return { read_state: state, read_current_since: current_since, read_current_until: current_until }
}
