import { sql } from 'kysely'
import type { ClientSecret } from '../domain/client.ts'
import type { ClientSecretStore } from '../domain/client-secret.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { readIdentifier } from './row.ts'
import { spanColumns, spanValues } from './span.ts'
import { clientSecretColumns } from './tables.ts'

export type ClientSecretRow = ValuesOf<typeof clientSecretColumns>

const { tenant_id, client_id, id, name, expires_at } = clientSecretColumns
const key = { tenant_id, client_id, id }
const noun = 'client secret'

export function createClientSecretStore(database: Database): ClientSecretStore {
  const list = database.many({ tenant_id: text, client_id: text }, (build, asked) =>
    build
      .selectFrom('client_secrets as secret')
      .leftJoin('client_secret_uses as used', (join) =>
        join
          .onRef('used.tenant_id', '=', 'secret.tenant_id')
          .onRef('used.client_id', '=', 'secret.client_id')
          .onRef('used.secret_id', '=', 'secret.id'),
      )
      .selectAll('secret')
      .select(['used.first_used_at', 'used.last_used_at'])
      .where('secret.tenant_id', '=', asked.tenant_id)
      .where('secret.client_id', '=', asked.client_id)
      .orderBy('secret.created_at')
      .orderBy('secret.id'),
  )
  const listEnding = database.many({ tenant_id: text, ...spanColumns }, (build, asked) =>
    build
      .selectFrom('client_secrets')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('expires_at', '>=', asked.from)
      .where('expires_at', '<', asked.until)
      .orderBy('expires_at')
      .limit(asked.limit),
  )
  const oldest = database.one({}, (build) =>
    build
      .selectFrom('client_secrets')
      .select('expires_at')
      .where('expires_at', 'is not', null)
      .orderBy('expires_at')
      .limit(1),
  )

  return {
    list: async (tenantId, clientId) =>
      list({ tenant_id: tenantId, client_id: clientId }).map(({ first_used_at, last_used_at, ...row }) => ({
        ...parseSecretRow(row),
        firstUsedAt: first_used_at === null ? undefined : new Date(first_used_at),
        lastUsedAt: last_used_at === null ? undefined : new Date(last_used_at),
      })),
    listEnding: async (tenantId, span, limit) =>
      listEnding({ tenant_id: tenantId, ...spanValues(span), limit }).map(parseSecretRow),
    async oldestAt() {
      const row = oldest({})
      return row?.expires_at === undefined || row.expires_at === null ? undefined : new Date(row.expires_at)
    },
    ...createClientSecretWrites(database),
  }
}

function createClientSecretWrites(
  database: Database,
): Pick<ClientSecretStore, 'insert' | 'change' | 'remove' | 'recordUse' | 'removeBefore'> {
  const insert = database.write(
    clientSecretColumns,
    (build, row) => build.insertInto('client_secrets').values(row),
    { noun, refersTo: 'client' },
  )
  const change = database.write(
    { ...key, name, expires_at },
    (build, asked) =>
      build
        .updateTable('client_secrets')
        .set({ name: asked.name, expires_at: asked.expires_at })
        .where('tenant_id', '=', asked.tenant_id)
        .where('client_id', '=', asked.client_id)
        .where('id', '=', asked.id),
    { noun, mustExist: true },
  )
  const remove = database.write(
    key,
    (build, asked) =>
      build
        .deleteFrom('client_secrets')
        .where('tenant_id', '=', asked.tenant_id)
        .where('client_id', '=', asked.client_id)
        .where('id', '=', asked.id),
    { noun },
  )
  // Selected from the secrets, so that one that was removed a moment ago makes no exchange fail.
  const recordUse = database.write(
    { ...key, at: integer },
    (build, asked) =>
      build
        .insertInto('client_secret_uses')
        .columns(['tenant_id', 'client_id', 'secret_id', 'first_used_at', 'last_used_at'])
        .expression(
          build
            .selectFrom('client_secrets')
            .select([
              'tenant_id',
              'client_id',
              'id',
              sql<number>`${asked.at}`.as('first_used_at'),
              sql<number>`${asked.at}`.as('last_used_at'),
            ])
            .where('tenant_id', '=', asked.tenant_id)
            .where('client_id', '=', asked.client_id)
            .where('id', '=', asked.id),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'client_id', 'secret_id'])
            .doUpdateSet({ last_used_at: sql<number>`max(last_used_at, excluded.last_used_at)` }),
        ),
    // No remembered read finds it.
    { noun, isLog: true },
  )
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build.deleteFrom('client_secrets').where(
        sql<boolean>`rowid in (select rowid from client_secrets where expires_at < ${asked.at}
          order by expires_at limit ${asked.limit})`,
      ),
    { noun },
  )

  return {
    insert: (secret) => insert(toRow(secret)),
    change: (secret) => change(toRow(secret)),
    remove: (secret) => remove({ tenant_id: secret.tenantId, client_id: secret.clientId, id: secret.id }),
    recordUse: ({ secret, at }) =>
      recordUse({
        tenant_id: secret.tenantId,
        client_id: secret.clientId,
        id: secret.id,
        at: at.getTime(),
      }),
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
  }
}

export function parseSecretRow(row: ClientSecretRow): ClientSecret {
  return {
    tenantId: readIdentifier(row.tenant_id, 'client_secrets.tenant_id'),
    clientId: readIdentifier(row.client_id, 'client_secrets.client_id'),
    id: readIdentifier(row.id, 'client_secrets.id'),
    name: row.name,
    hash: new Uint8Array(row.hash),
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at),
    createdAt: new Date(row.created_at),
  }
}

function toRow(secret: ClientSecret): ClientSecretRow {
  return {
    tenant_id: secret.tenantId,
    client_id: secret.clientId,
    id: secret.id,
    name: secret.name,
    hash: secret.hash,
    expires_at: secret.expiresAt?.getTime() ?? null,
    created_at: secret.createdAt.getTime(),
  }
}
