import type { ClaimValue, ClaimValues, TrustMatch } from '../domain/trust-match.ts'
import {
  type IssuerJwk,
  type IssuerKeySource,
  issuerAlgorithms,
  type TrustedIssuer,
  type TrustedIssuerStore,
  tokenReuses,
} from '../domain/trusted-issuer.ts'
import { movedOn, readColumns } from './change-time.ts'
import { text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  CorruptRowError,
  optional,
  readFlag,
  readIdentifier,
  readJson,
  readObject,
  readOneOf,
  readTextList,
  requireList,
  requireObject,
  requireText,
  writeFlag,
} from './row.ts'
import { trustedIssuerColumns } from './tables.ts'

type TrustedIssuerRow = ValuesOf<typeof trustedIssuerColumns>

const noun = 'trusted issuer'

export function createTrustedIssuerStore(database: Database): TrustedIssuerStore {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('trusted_issuers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const findRow = database.one({ tenant_id: text, issuer: text }, (build, asked) =>
    build
      .selectFrom('trusted_issuers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('issuer', '=', asked.issuer),
  )
  const list = database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('trusted_issuers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('created_at')
      .orderBy('id'),
  )
  // Parsed once and not at each request: a row may hold a hundred matches.
  const findByIssuer = database.memory.remember((tenantId: string, issuer: string) =>
    parseFound(findRow({ tenant_id: tenantId, issuer })),
  )

  return {
    find: async (tenantId, id) => parseFound(find({ tenant_id: tenantId, id })),
    findByIssuer: async (tenantId, issuer) => findByIssuer(tenantId, issuer),
    list: async (tenantId) => list({ tenant_id: tenantId }).map(parseRow),
    ...createWrites(database),
  }
}

function createWrites(database: Database): Pick<TrustedIssuerStore, 'insert' | 'update' | 'remove'> {
  const insert = database.write(
    trustedIssuerColumns,
    (build, row) => build.insertInto('trusted_issuers').values(row),
    { noun, refersTo: 'tenant' },
  )
  const update = database.change(
    { ...trustedIssuerColumns, ...readColumns },
    (build, { tenant_id, id, created_at: _, updated_at, read_updated_at, ...changing }) =>
      build
        .updateTable('trusted_issuers')
        .set({ ...changing, updated_at: movedOn(updated_at, read_updated_at) })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('updated_at', '=', read_updated_at),
    noun,
  )
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('trusted_issuers').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun },
  )
  return {
    insert: (trusted) => insert(toRow(trusted)),
    update: (trusted, read) => update({ ...toRow(trusted), read_updated_at: read.updatedAt.getTime() }),
    remove: (tenantId, id) => remove({ tenant_id: tenantId, id }),
  }
}

function toRow(trusted: TrustedIssuer): TrustedIssuerRow {
  return {
    tenant_id: trusted.tenantId,
    id: trusted.id,
    name: trusted.name,
    issuer: trusted.issuer,
    key_source: JSON.stringify(trusted.keySource),
    audiences: JSON.stringify(trusted.audiences),
    algorithms: JSON.stringify(trusted.algorithms),
    max_token_lifetime_seconds: trusted.maxTokenLifetimeSeconds,
    requires_jti: writeFlag(trusted.requiresJti),
    token_reuse: trusted.tokenReuse,
    matches: JSON.stringify(trusted.matches),
    rule_source: trusted.ruleSource ?? null,
    created_at: trusted.createdAt.getTime(),
    updated_at: trusted.updatedAt.getTime(),
  }
}

function parseFound(row: TrustedIssuerRow | undefined): TrustedIssuer | undefined {
  return row && parseRow(row)
}

function parseRow(row: TrustedIssuerRow): TrustedIssuer {
  return {
    tenantId: readIdentifier(row.tenant_id, 'trusted_issuers.tenant_id'),
    id: readIdentifier(row.id, 'trusted_issuers.id'),
    name: row.name,
    issuer: row.issuer,
    keySource: readKeySource(row.key_source, 'trusted_issuers.key_source'),
    audiences: readTextList(row.audiences, 'trusted_issuers.audiences'),
    algorithms: readTextList(row.algorithms, 'trusted_issuers.algorithms').map((algorithm) =>
      readOneOf(issuerAlgorithms, algorithm, 'trusted_issuers.algorithms'),
    ),
    maxTokenLifetimeSeconds: row.max_token_lifetime_seconds,
    requiresJti: readFlag(row.requires_jti),
    tokenReuse: readOneOf(tokenReuses, row.token_reuse, 'trusted_issuers.token_reuse'),
    matches: requireList(readJson(row.matches, matchPlace), matchPlace).map(readMatch),
    ruleSource: row.rule_source ?? undefined,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function readKeySource(json: string, place: string): IssuerKeySource {
  const { kind, uri, keys } = readObject(json, place)
  switch (readOneOf(['discovery', 'jwks_uri', 'jwks'], kind, place)) {
    case 'discovery':
      return { kind: 'discovery' }
    case 'jwks_uri':
      return { kind: 'jwks_uri', uri: requireText(uri, place) }
    case 'jwks':
      return { kind: 'jwks', keys: requireList(keys, place).map((key) => readJwk(key, place)) }
  }
}

function readJwk(value: unknown, place: string): IssuerJwk {
  const { kty, kid, alg, n, e, crv, x, y } = requireObject(value, place)
  const known = { ...textMember('kid', kid, place), ...textMember('alg', alg, place) }
  if (kty === 'RSA') return { ...known, kty, n: requireText(n, place), e: requireText(e, place) }
  const point = { crv: requireText(crv, place), x: requireText(x, place) }
  if (kty === 'EC') return { ...known, kty, ...point, y: requireText(y, place) }
  if (kty === 'OKP') return { ...known, kty, ...point }
  throw new CorruptRowError(place)
}

function textMember<Name extends string>(
  name: Name,
  value: unknown,
  place: string,
): { readonly [Member in Name]?: string } {
  const found = optional(requireText, value, place)
  return found === undefined ? {} : ({ [name]: found } as { readonly [Member in Name]?: string })
}

const matchPlace = 'trusted_issuers.matches'

function readMatch(value: unknown): TrustMatch {
  const { clientId, sub, claims } = requireObject(value, matchPlace)
  return {
    clientId: readIdentifier(requireText(clientId, matchPlace), matchPlace),
    sub: optional(requireText, sub, matchPlace),
    claims: readClaims(claims),
  }
}

function readClaims(value: unknown): ClaimValues {
  const members = Object.entries(requireObject(value, matchPlace)).map(
    ([name, claim]) => [name, isValue(claim) ? claim : readClaims(claim)] as const,
  )
  return Object.fromEntries(members)
}

function isValue(value: unknown): value is ClaimValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
