import { sql } from 'kysely'
import type { IssuedToken, IssuedTokenStore, ListedToken, StatusPlace } from '../domain/issued-token.ts'
import type { EncryptedValue, RuleVersionId } from '../domain/rule.ts'
import { bytes, integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { issuedTokenColumns } from './log-tables.ts'
import { CorruptRowError, readFlag, readIdentifier } from './row.ts'

type IssuedTokenRow = ValuesOf<typeof issuedTokenColumns>

const noun = 'token'

export function createIssuedTokenStore(database: Database): IssuedTokenStore {
  const findByHash = database.one({ tenant_id: text, hash: bytes }, (build, asked) =>
    build
      .selectFrom('issued_tokens')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('hash', '=', asked.hash),
  )
  const listStatus = database.many(
    { tenant_id: text, status_list_id: text, from: integer, limit: integer },
    (build, asked) =>
      build
        .selectFrom('issued_tokens as token')
        .select(['jti', 'client_id', 'resource_server_id', 'issued_at', 'rule_version_ids', 'status_index'])
        .select(
          sql<number>`exists (select 1 from revocations where tenant_id = token.tenant_id and kind = 'token'
            and subject = token.jti)`.as('is_revoked'),
        )
        .where('tenant_id', '=', asked.tenant_id)
        .where('status_list_id', '=', asked.status_list_id)
        .where('status_index', '>=', asked.from)
        .orderBy('status_index')
        .limit(asked.limit),
  )
  const findPlace = database.one({ tenant_id: text, jti: text }, (build, asked) =>
    build
      .selectFrom('issued_tokens')
      .select(['status_list_id', 'status_index'])
      .where('tenant_id', '=', asked.tenant_id)
      .where('jti', '=', asked.jti),
  )
  const oldest = database.one({}, (build) =>
    build.selectFrom('issued_tokens').select('expires_at').orderBy('expires_at').limit(1),
  )
  // No remembered read finds what these two write.
  const insert = database.write(
    issuedTokenColumns,
    (build, row) => build.insertInto('issued_tokens').values(row),
    { noun, refersTo: 'tenant', isLog: true },
  )
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('issued_tokens')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('tenant_id', 'jti'),
            'in',
            selectFrom('issued_tokens')
              .select(['tenant_id', 'jti'])
              .where('expires_at', '<', asked.at)
              .orderBy('expires_at')
              .limit(asked.limit)
              .$asTuple('tenant_id', 'jti'),
          ),
        ),
    { noun, isLog: true },
  )

  return {
    async findByHash(tenantId, hash) {
      const row = findByHash({ tenant_id: tenantId, hash })
      return row && parseRow(row)
    },
    listStatus: async (tenantId, listId, from, limit) =>
      listStatus({ tenant_id: tenantId, status_list_id: listId, from, limit }).map(parseListed),
    async findPlace(tenantId, jti) {
      const row = findPlace({ tenant_id: tenantId, jti })
      return row && readPlace(row)
    },
    insert: (token) => insert(toRow(token)),
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.expires_at)
    },
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
  }
}

type ListedRow = Pick<
  IssuedTokenRow,
  'jti' | 'client_id' | 'resource_server_id' | 'issued_at' | 'rule_version_ids' | 'status_index'
> & { is_revoked: number }

function parseListed(row: ListedRow): ListedToken {
  if (row.status_index === null) throw new CorruptRowError('issued_tokens.status_index')
  return { ...common(row), index: row.status_index, isRevoked: readFlag(row.is_revoked) }
}

function parseRow(row: IssuedTokenRow): IssuedToken {
  const { hash, encrypted_claims: claims } = row
  return {
    tenantId: readIdentifier(row.tenant_id, 'issued_tokens.tenant_id'),
    ...common(row),
    expiresAt: new Date(row.expires_at),
    statusPlace: readPlace(row),
    opaque:
      hash === null || claims === null
        ? undefined
        : { hash: new Uint8Array(hash), encryptedClaims: claims as EncryptedValue },
  }
}

function readPlace({
  status_list_id: listId,
  status_index: index,
}: Pick<IssuedTokenRow, 'status_list_id' | 'status_index'>): StatusPlace | undefined {
  if (listId === null || index === null) return undefined
  return { listId: readIdentifier(listId, 'issued_tokens.status_list_id'), index }
}

function common(row: Omit<ListedRow, 'status_index' | 'is_revoked'>) {
  return {
    jti: readIdentifier<IssuedToken['jti']>(row.jti, 'issued_tokens.jti'),
    clientId: readIdentifier<IssuedToken['clientId']>(row.client_id, 'issued_tokens.client_id'),
    resourceServerId: readIdentifier<IssuedToken['resourceServerId']>(
      row.resource_server_id,
      'issued_tokens.resource_server_id',
    ),
    issuedAt: new Date(row.issued_at),
    ruleVersionIds: row.rule_version_ids === '' ? [] : row.rule_version_ids.split(' ').map(readVersionId),
  }
}

function readVersionId(id: string): RuleVersionId {
  return readIdentifier(id, 'issued_tokens.rule_version_ids')
}

function toRow({ statusPlace, opaque, ...token }: IssuedToken): IssuedTokenRow {
  return {
    tenant_id: token.tenantId,
    jti: token.jti,
    client_id: token.clientId,
    resource_server_id: token.resourceServerId,
    issued_at: token.issuedAt.getTime(),
    expires_at: token.expiresAt.getTime(),
    rule_version_ids: token.ruleVersionIds.join(' '),
    status_list_id: statusPlace?.listId ?? null,
    status_index: statusPlace?.index ?? null,
    hash: opaque?.hash ?? null,
    encrypted_claims: opaque?.encryptedClaims ?? null,
  }
}
