import { keyAlgorithms } from '../domain/resource-server.ts'
import type { PublicJwk, SigningKey, SigningKeyState, SigningKeyStore } from '../domain/signing-key.ts'
import { text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { optional, readIdentifier, readObject, readOneOf, requireText } from './row.ts'
import { signingKeyColumns } from './tables.ts'

type SigningKeyRow = ValuesOf<typeof signingKeyColumns>

const states: readonly SigningKeyState[] = ['next', 'current', 'previous', 'revoked']

export function createSigningKeyStore(database: Database): SigningKeyStore {
  const findCurrent = database.one({ tenant_id: text, algorithm: text }, (build, asked) =>
    build
      .selectFrom('signing_keys')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('algorithm', '=', asked.algorithm)
      .where('state', '=', 'current'),
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
  const update = database.change(
    { ...signingKeyColumns, read_state: text },
    (build, { tenant_id, id, created_at: _, read_state, ...changing }) =>
      build
        .updateTable('signing_keys')
        .set(changing)
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('state', '=', read_state),
    'signing key',
  )
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('signing_keys').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun: 'signing key' },
  )

  const rememberedCurrent = database.memory.remember((tenantId: string, algorithm: string) =>
    parseFound(findCurrent({ tenant_id: tenantId, algorithm })),
  )

  return {
    findCurrent: async (tenantId, algorithm) => rememberedCurrent(tenantId, algorithm),
    find: async (tenantId, id) => parseFound(find({ tenant_id: tenantId, id })),
    listPublished: async (tenantId) => listPublished({ tenant_id: tenantId }).map(parseRow),
    list: async (tenantId) => list({ tenant_id: tenantId }).map(parseRow),
    insert: (key) => insert(toRow(key)),
    update: (key, read) => update({ ...toRow(key), read_state: read.state }),
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
    currentSince: readMoment(row.current_since),
    currentUntil: readMoment(row.current_until),
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
    current_since: key.currentSince?.getTime() ?? null,
    current_until: key.currentUntil?.getTime() ?? null,
    revoked_at: key.revokedAt?.getTime() ?? null,
  }
}
