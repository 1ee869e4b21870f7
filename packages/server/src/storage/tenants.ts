import type { Tenant, TenantStore } from '../domain/tenant.ts'
import { parseTenantName } from '../domain/tenant.ts'
import { text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { readIdentifier, readOneOf, readTextList } from './row.ts'
import { tenantColumns } from './tables.ts'

type TenantRow = ValuesOf<typeof tenantColumns>

export function createTenantStore(database: Database): TenantStore {
  const find = database.one({ id: text }, (build, asked) =>
    build.selectFrom('tenants').selectAll().where('id', '=', asked.id),
  )
  const findByName = database.one({ name: text }, (build, asked) =>
    build.selectFrom('tenants').selectAll().where('name', '=', asked.name),
  )
  const findByHost = database.one({ host: text }, (build, asked) =>
    build.selectFrom('tenants').selectAll().where('host', '=', asked.host),
  )
  const findDefault = database.one({}, (build) =>
    build.selectFrom('tenants').selectAll().where('origin', 'is', null),
  )
  const insert = database.write(tenantColumns, (build, row) => build.insertInto('tenants').values(row), {
    noun: 'tenant',
  })
  const update = database.change(
    { ...tenantColumns, read_name: text, read_profile: text, read_egress_allow: text },
    (build, { id, created_at: _, read_name, read_profile, read_egress_allow, ...changing }) =>
      build
        .updateTable('tenants')
        .set(changing)
        .where('id', '=', id)
        .where('name', '=', read_name)
        .where('profile', '=', read_profile)
        .where('egress_allow', '=', read_egress_allow),
    'tenant',
  )

  const { remember } = database.memory
  const rememberedByHost = remember((host: string) => parseRow(findByHost({ host })))
  const rememberedDefault = remember(() => parseRow(findDefault({})))

  return {
    find: async (id) => parseRow(find({ id })),
    findByName: async (name) => parseRow(findByName({ name })),
    findByHost: async (host) => rememberedByHost(host),
    findDefault: async () => rememberedDefault(),
    insert: (tenant) => insert(toRow(tenant)),
    update: (tenant, read) => update({ ...toRow(tenant), ...asRead(toRow(read)) }),
  }
}

function parseRow(row: TenantRow | undefined): Tenant | undefined {
  if (row === undefined) return undefined
  return {
    id: readIdentifier(row.id, 'tenants.id'),
    name: parseTenantName(row.name),
    origin: row.origin ?? undefined,
    profile: readOneOf(['rfc', 'auth0'], row.profile, 'tenants.profile'),
    egressAllow: readTextList(row.egress_allow, 'tenants.egress_allow'),
    createdAt: new Date(row.created_at),
  }
}

function asRead({ name, profile, egress_allow }: TenantRow) {
  return { read_name: name, read_profile: profile, read_egress_allow: egress_allow }
}

function toRow(tenant: Tenant): TenantRow {
  return {
    id: tenant.id,
    name: tenant.name,
    origin: tenant.origin ?? null,
    host: tenant.origin === undefined ? null : new URL(tenant.origin).host,
    profile: tenant.profile,
    egress_allow: JSON.stringify(tenant.egressAllow),
    created_at: tenant.createdAt.getTime(),
  }
}
