import {
  type ClientGrant,
  type ClientGrantFilter,
  type ClientGrantStore,
  organizationUsages,
} from '../domain/client-grant.ts'
import type { TenantId } from '../domain/tenant.ts'
import { movedOn, readColumns } from './change-time.ts'
import { behind, pageColumns, pageValues } from './checkpoint.ts'
import { nullableInteger, nullableText, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { readFlag, readIdentifier, readOneOf, readTextList, writeFlag } from './row.ts'
import { clientGrantColumns } from './tables.ts'

type ClientGrantRow = ValuesOf<typeof clientGrantColumns>

/** A part of the filter that is null lets every row through. */
const filterColumns = {
  tenant_id: text,
  client_id: nullableText,
  resource_server_id: nullableText,
  allow_any_organization: nullableInteger,
}

export function createClientGrantStore(database: Database): ClientGrantStore {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('client_grants')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const findFor = database.one(
    { tenant_id: text, client_id: text, resource_server_id: text },
    (build, asked) =>
      build
        .selectFrom('client_grants')
        .selectAll()
        .where('tenant_id', '=', asked.tenant_id)
        .where('client_id', '=', asked.client_id)
        .where('resource_server_id', '=', asked.resource_server_id),
  )
  const list = database.many({ ...filterColumns, ...pageColumns }, (build, asked) =>
    build
      .selectFrom('client_grants')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where(({ or, eb }) => or([eb(asked.client_id, 'is', null), eb('client_id', '=', asked.client_id)]))
      .where(({ or, eb }) =>
        or([
          eb(asked.resource_server_id, 'is', null),
          eb('resource_server_id', '=', asked.resource_server_id),
        ]),
      )
      .where(({ or, eb }) =>
        or([
          eb(asked.allow_any_organization, 'is', null),
          eb('allow_any_organization', '=', asked.allow_any_organization),
        ]),
      )
      .where(behind(asked))
      .orderBy('created_at')
      .orderBy('id')
      .limit(asked.limit)
      .offset(asked.offset),
  )
  const count = database.one(filterColumns, (build, asked) =>
    build
      .selectFrom('client_grants')
      .select((select) => select.fn.countAll<number>().as('total'))
      .where('tenant_id', '=', asked.tenant_id)
      .where(({ or, eb }) => or([eb(asked.client_id, 'is', null), eb('client_id', '=', asked.client_id)]))
      .where(({ or, eb }) =>
        or([
          eb(asked.resource_server_id, 'is', null),
          eb('resource_server_id', '=', asked.resource_server_id),
        ]),
      )
      .where(({ or, eb }) =>
        or([
          eb(asked.allow_any_organization, 'is', null),
          eb('allow_any_organization', '=', asked.allow_any_organization),
        ]),
      ),
  )

  const rememberedFor = database.memory.remember(
    (tenantId: string, clientId: string, resourceServerId: string) =>
      parseFound(findFor({ tenant_id: tenantId, client_id: clientId, resource_server_id: resourceServerId })),
  )

  return {
    find: async (tenantId, id) => parseFound(find({ tenant_id: tenantId, id })),
    findFor: async (tenantId, clientId, resourceServerId) =>
      rememberedFor(tenantId, clientId, resourceServerId),
    list: async (tenantId, filter, page) =>
      list({ ...filterValues(tenantId, filter), ...pageValues(page) }).map(parseRow),
    count: async (tenantId, filter) => count(filterValues(tenantId, filter))?.total ?? 0,
    ...createClientGrantWrites(database),
  }
}

function createClientGrantWrites(database: Database): Pick<ClientGrantStore, 'insert' | 'update' | 'remove'> {
  const insert = database.write(
    clientGrantColumns,
    (build, row) => build.insertInto('client_grants').values(row),
    { noun: 'client grant', refersTo: 'client or resource server' },
  )
  // Whose grant it is never changes; what it holds does.
  const { client_id: _, resource_server_id: __, created_at: ___, ...changing } = clientGrantColumns
  const update = database.change(
    { ...changing, ...readColumns },
    (build, { tenant_id, id, updated_at, read_updated_at, ...changed }) =>
      build
        .updateTable('client_grants')
        .set({ ...changed, updated_at: movedOn(updated_at, read_updated_at) })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('updated_at', '=', read_updated_at),
    'client grant',
  )
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('client_grants').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun: 'client grant' },
  )

  return {
    insert: (grant) => insert(toRow(grant)),
    update: (grant, read) => update({ ...toRow(grant), read_updated_at: read.updatedAt.getTime() }),
    remove: (tenantId, id) => remove({ tenant_id: tenantId, id }),
  }
}

function filterValues(tenantId: TenantId, filter: ClientGrantFilter): ValuesOf<typeof filterColumns> {
  return {
    tenant_id: tenantId,
    client_id: filter.clientId ?? null,
    resource_server_id: filter.resourceServerId ?? null,
    allow_any_organization: nullableFlag(filter.allowAnyOrganization),
  }
}

function parseFound(row: ClientGrantRow | undefined): ClientGrant | undefined {
  return row && parseRow(row)
}

function parseRow(row: ClientGrantRow): ClientGrant {
  return {
    tenantId: readIdentifier(row.tenant_id, 'client_grants.tenant_id'),
    id: readIdentifier(row.id, 'client_grants.id'),
    clientId: readIdentifier(row.client_id, 'client_grants.client_id'),
    resourceServerId: readIdentifier(row.resource_server_id, 'client_grants.resource_server_id'),
    scopes: readTextList(row.scopes, 'client_grants.scopes').map((scope) =>
      readIdentifier(scope, 'client_grants.scopes'),
    ),
    allScopes: readFlag(row.all_scopes),
    organizationUsage:
      row.organization_usage === null
        ? undefined
        : readOneOf(organizationUsages, row.organization_usage, 'client_grants.organization_usage'),
    allowAnyOrganization:
      row.allow_any_organization === null ? undefined : readFlag(row.allow_any_organization),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(grant: ClientGrant): ClientGrantRow {
  return {
    tenant_id: grant.tenantId,
    id: grant.id,
    client_id: grant.clientId,
    resource_server_id: grant.resourceServerId,
    scopes: JSON.stringify(grant.scopes),
    all_scopes: writeFlag(grant.allScopes),
    organization_usage: grant.organizationUsage ?? null,
    allow_any_organization: nullableFlag(grant.allowAnyOrganization),
    created_at: grant.createdAt.getTime(),
    updated_at: grant.updatedAt.getTime(),
  }
}

function nullableFlag(value: boolean | undefined): number | null {
  return value === undefined ? null : writeFlag(value)
}
