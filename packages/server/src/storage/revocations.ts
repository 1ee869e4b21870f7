import { type RawBuilder, sql } from 'kysely'
import {
  type KeptRevocation,
  type Revocation,
  type RevocationStore,
  type RevocationSubject,
  revocationKinds,
} from '../domain/revocation.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { revocationColumns } from './log-tables.ts'
import { readIdentifier, readOneOf } from './row.ts'

type RevocationRow = ValuesOf<typeof revocationColumns>

const noun = 'revocation'

export function createRevocationStore(database: Database): RevocationStore {
  const find = database.one({ tenant_id: text, kind: text, subject: text }, (build, asked) =>
    build
      .selectFrom('revocations')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('kind', '=', asked.kind)
      .where('subject', '=', asked.subject),
  )
  const listOfKind = database.many({ tenant_id: text, kind: text }, (build, asked) =>
    build
      .selectFrom('revocations')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('kind', '=', asked.kind),
  )
  const list = database.many({ tenant_id: text, limit: integer, offset: integer }, (build, asked) =>
    build
      .selectFrom('revocations')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('sequence', 'desc')
      .limit(asked.limit)
      .offset(asked.offset),
  )
  const count = database.one({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('revocations')
      .select((select) => select.fn.countAll<number>().as('total'))
      .where('tenant_id', '=', asked.tenant_id),
  )
  const listAfter = database.many({ tenant_id: text, place: integer, limit: integer }, (build, asked) =>
    build
      .selectFrom('revocations')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('sequence', '>', asked.place)
      .orderBy('sequence')
      .limit(asked.limit),
  )
  const latest = database.one({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('revocations')
      .select('sequence')
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('sequence', 'desc')
      .limit(1),
  )
  const writes = createWrites(database)

  return {
    async find(tenantId, subject) {
      const row = find({ tenant_id: tenantId, kind: subject.kind, subject: nameOf(subject) })
      return row && parseRow(row)
    },
    listOfKind: async (tenantId, kind) => listOfKind({ tenant_id: tenantId, kind }).map(parseRow),
    list: async (tenantId, { offset, limit }) => list({ tenant_id: tenantId, offset, limit }).map(parseRow),
    listAfter: async (tenantId, place, limit) =>
      listAfter({ tenant_id: tenantId, place, limit }).map(parseRow),
    count: async (tenantId) => count({ tenant_id: tenantId })?.total ?? 0,
    latestPlace: async (tenantId) => latest({ tenant_id: tenantId })?.sequence ?? 0,
    ...writes,
  }
}

/** Of tokens that may be among the revoked, and are in the log already with a later date. */
function tokensAhead(
  row: { readonly [Name in 'tenant_id' | 'kind' | 'subject' | 'revoked_at']: RawBuilder<unknown> },
  what: 'max(at)' | 'max(sequence)',
) {
  return sql`select ${sql.raw(what)} from log_entries where tenant_id = ${row.tenant_id} and type = 'seccft'
    and at > ${row.revoked_at}
    and (${row.kind} = 'rule_version' or (${row.kind} = 'client' and client_id = ${row.subject}))`
}

// No remembered read finds what these write.
function createWrites(database: Database): Pick<RevocationStore, 'put' | 'oldestAt' | 'removeBefore'> {
  const oldest = database.one({}, (build) =>
    build.selectFrom('revocations').select('expires_at').orderBy('expires_at').limit(1),
  )
  // A row that is replaced gets a new place: whoever looks for later ones finds it.
  const put = database.write(
    revocationColumns,
    (build, row) =>
      build.replaceInto('revocations').values({
        ...row,
        // Dated later, each of these tokens expires as much later.
        expires_at: sql<number>`${row.expires_at} + coalesce((${tokensAhead(row, 'max(at)')}) - ${row.revoked_at}, 0)`,
        last_ahead: sql<number | null>`(${tokensAhead(row, 'max(sequence)')})`,
      }),
    { noun, refersTo: 'tenant', isLog: true },
  )
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('revocations')
        .where('sequence', 'in', (select) =>
          select
            .selectFrom('revocations')
            .select('sequence')
            .where('expires_at', '<', asked.at)
            .orderBy('expires_at')
            .limit(asked.limit),
        ),
    { noun, isLog: true },
  )
  return {
    put: (revocation) => put(toRow(revocation)),
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.expires_at)
    },
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
  }
}

function nameOf(subject: RevocationSubject): string {
  switch (subject.kind) {
    case 'token':
      return subject.jti
    case 'client':
      return subject.clientId
    case 'rule_version':
      return subject.ruleVersionId
  }
}

function parseRow(row: RevocationRow): KeptRevocation {
  return {
    tenantId: readIdentifier(row.tenant_id, 'revocations.tenant_id'),
    subject: readSubject(row),
    revokedAt: new Date(row.revoked_at),
    expiresAt: new Date(row.expires_at),
    lastAhead: row.last_ahead ?? undefined,
  }
}

function readSubject(row: RevocationRow): RevocationSubject {
  const kind = readOneOf(revocationKinds, row.kind, 'revocations.kind')
  switch (kind) {
    case 'token':
      return { kind, jti: readIdentifier(row.subject, 'revocations.subject') }
    case 'client':
      return { kind, clientId: readIdentifier(row.subject, 'revocations.subject') }
    case 'rule_version':
      return { kind, ruleVersionId: readIdentifier(row.subject, 'revocations.subject') }
  }
}

function toRow({ tenantId, subject, revokedAt, expiresAt }: Revocation): RevocationRow {
  return {
    tenant_id: tenantId,
    kind: subject.kind,
    subject: nameOf(subject),
    revoked_at: revokedAt.getTime(),
    expires_at: expiresAt.getTime(),
    last_ahead: null,
  }
}
