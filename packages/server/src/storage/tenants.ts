import {
  defaultTenantSecurity,
  maxTenants,
  parseTenantName,
  securityProfiles,
  type Tenant,
  type TenantSecurity,
  type TenantStore,
} from '../domain/tenant.ts'
import { behind, pageColumns, pageValues } from './checkpoint.ts'
import { integer, nullableText, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  optional,
  readIdentifier,
  readObject,
  readOneOf,
  readTextList,
  requireFlag,
  requireNumber,
} from './row.ts'
import { tenantColumns } from './tables.ts'
import { createTenantRemoval } from './tenant-removal.ts'

const allOfThem = { offset: 0, limit: maxTenants }

type TenantRow = ValuesOf<typeof tenantColumns>

export function createTenantStore(database: Database): TenantStore {
  const find = database.one({ id: text }, (build, asked) =>
    build.selectFrom('tenants').selectAll().where('id', '=', asked.id).where('removed_at', 'is', null),
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
  const list = database.many(pageColumns, (build, asked) =>
    build
      .selectFrom('tenants')
      .selectAll()
      .where('removed_at', 'is', null)
      .where(behind(asked))
      .orderBy('created_at')
      .orderBy('id')
      .limit(asked.limit)
      .offset(asked.offset),
  )
  const count = database.one({}, (build) =>
    build
      .selectFrom('tenants')
      .select((counted) => counted.fn.countAll<number>().as('total'))
      .where('removed_at', 'is', null),
  )
  const insert = database.write(tenantColumns, (build, row) => build.insertInto('tenants').values(row), {
    noun: 'tenant',
  })
  const update = prepareUpdate(database)
  const markRemoved = database.write(
    { id: text, removed_at: integer },
    (build, { id, removed_at }) =>
      // An id is never the name of another tenant: it has an underscore.
      build
        .updateTable('tenants')
        .set({ removed_at, name: id, host: null })
        .where('id', '=', id)
        .where('removed_at', 'is', null),
    { noun: 'tenant', mustExist: true },
  )

  const { remember } = database.memory
  const rememberedByHost = remember((host: string) => parseRow(findByHost({ host })))
  const rememberedDefault = remember(() => parseRow(findDefault({})))
  const rememberedCount = remember(() => count({})?.total ?? 0)

  return {
    find: async (id) => parseRow(find({ id })),
    findByName: async (name) => parseRow(findByName({ name })),
    findByHost: async (host) => rememberedByHost(host),
    findDefault: async () => rememberedDefault(),
    list: async (page = allOfThem) => list(pageValues(page)).map(parsePresent),
    count: async () => rememberedCount(),
    insert: (tenant) => insert(toRow(tenant)),
    update: (tenant, read) => update({ ...toRow(tenant), ...asRead(toRow(read)) }),
    remove: (id, at) => markRemoved({ id, removed_at: at.getTime() }),
    ...createTenantRemoval(database),
  }
}

function prepareUpdate(database: Database) {
  const readColumns = {
    read_name: text,
    read_profile: text,
    read_egress_allow: text,
    read_default_audience: nullableText,
    read_security: text,
    read_flags: text,
    read_kept_members: text,
  }
  return database.change(
    { ...tenantColumns, ...readColumns },
    (build, { created_at: _, removed_at: __, ...given }) => {
      const {
        id,
        name,
        origin,
        host,
        profile,
        egress_allow,
        default_audience,
        security,
        flags,
        kept_members,
      } = given
      return build
        .updateTable('tenants')
        .set({ name, origin, host, profile, egress_allow, default_audience, security, flags, kept_members })
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .where('name', '=', given.read_name)
        .where('profile', '=', given.read_profile)
        .where('egress_allow', '=', given.read_egress_allow)
        .where('default_audience', 'is', given.read_default_audience)
        .where('security', '=', given.read_security)
        .where('flags', '=', given.read_flags)
        .where('kept_members', '=', given.read_kept_members)
    },
    'tenant',
  )
}

function parseRow(row: TenantRow | undefined): Tenant | undefined {
  return row && parsePresent(row)
}

function parsePresent(row: TenantRow): Tenant {
  return {
    id: readIdentifier(row.id, 'tenants.id'),
    name: parseTenantName(row.name),
    origin: row.origin ?? undefined,
    profile: readOneOf(['rfc', 'auth0'], row.profile, 'tenants.profile'),
    egressAllow: readTextList(row.egress_allow, 'tenants.egress_allow'),
    defaultAudience:
      row.default_audience === null
        ? undefined
        : readIdentifier(row.default_audience, 'tenants.default_audience'),
    security: readSecurity(row.security),
    flags: readFlags(row.flags),
    keptMembers: readObject(row.kept_members, 'tenants.kept_members'),
    createdAt: new Date(row.created_at),
  }
}

/** What an earlier release did not know yet is as if nobody had said it. */
function readSecurity(json: string): TenantSecurity {
  const place = 'tenants.security'
  const { profile, allowsTokenEndpointAudience, requiresDpopNonce, signingKeyRotationDays } = {
    ...defaultTenantSecurity,
    ...readObject(json, place),
  }
  return {
    profile: readOneOf(securityProfiles, profile, place),
    allowsTokenEndpointAudience: optional(requireFlag, allowsTokenEndpointAudience, place),
    requiresDpopNonce: requireFlag(requiresDpopNonce, place),
    signingKeyRotationDays: optional(requireNumber, signingKeyRotationDays, place),
  }
}

function readFlags(json: string): Record<string, boolean> {
  const flags = Object.entries(readObject(json, 'tenants.flags'))
  return Object.fromEntries(flags.map(([name, value]) => [name, requireFlag(value, 'tenants.flags')]))
}

function asRead(row: TenantRow) {
  const { name, profile, egress_allow, default_audience, security, flags, kept_members } = row
  return {
    read_name: name,
    read_profile: profile,
    read_egress_allow: egress_allow,
    read_default_audience: default_audience,
    read_security: security,
    read_flags: flags,
    read_kept_members: kept_members,
  }
}

function toRow(tenant: Tenant): TenantRow {
  return {
    id: tenant.id,
    name: tenant.name,
    origin: tenant.origin ?? null,
    host: tenant.origin === undefined ? null : new URL(tenant.origin).host,
    profile: tenant.profile,
    egress_allow: JSON.stringify(tenant.egressAllow),
    default_audience: tenant.defaultAudience ?? null,
    security: JSON.stringify(tenant.security),
    flags: JSON.stringify(tenant.flags),
    kept_members: JSON.stringify(tenant.keptMembers),
    created_at: tenant.createdAt.getTime(),
    removed_at: null,
  }
}
