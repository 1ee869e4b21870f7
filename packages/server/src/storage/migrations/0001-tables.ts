/**
 * The first tables. Every row belongs to a tenant: `tenant_id` stands in each primary key, unique key and
 * foreign key, so that no row can ever point at, or collide with, another tenant's.
 */
import { type Kysely, sql } from 'kysely'

/** In this order: a table comes after those it refers to. `strict`: a column holds its type or the write fails. */
const statements = [
  sql`create table installation (
    only_row integer not null default 1 unique check (only_row = 1),
    master_key_fingerprint text not null,
    created_at integer not null
  ) strict`,

  sql`create table tenants (
    id text not null primary key,
    name text not null unique,
    origin text,
    host text unique,
    profile text not null,
    egress_allow text not null,
    created_at integer not null
  ) strict`,
  // The default tenant is the one without an origin of its own, and there is one.
  sql`create unique index tenants_default on tenants ((1)) where origin is null`,

  sql`create table clients (
    tenant_id text not null references tenants (id),
    id text not null,
    name text not null,
    description text not null,
    metadata text not null,
    grant_types text not null,
    token_endpoint_auth_method text not null,
    enabled integer not null,
    kept_members text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, id)
  ) strict`,
  sql`create index clients_by_age on clients (tenant_id, created_at, id)`,

  sql`create table client_secrets (
    tenant_id text not null,
    client_id text not null,
    id text not null,
    hash blob not null,
    created_at integer not null,
    primary key (tenant_id, client_id, id),
    foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
  ) strict`,

  sql`create table resource_servers (
    tenant_id text not null references tenants (id),
    id text not null,
    identifier text not null,
    name text not null,
    scopes text not null,
    token_lifetime_seconds integer not null,
    signing_algorithm text not null,
    token_dialect text not null,
    rule_scopes text not null,
    is_system integer not null,
    kept_members text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, id),
    unique (tenant_id, identifier)
  ) strict`,
  sql`create index resource_servers_by_age on resource_servers (tenant_id, created_at, id)`,
  sql`create unique index resource_servers_system on resource_servers (tenant_id) where is_system = 1`,

  sql`create table client_grants (
    tenant_id text not null,
    id text not null,
    client_id text not null,
    resource_server_id text not null,
    scopes text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, id),
    unique (tenant_id, client_id, resource_server_id),
    foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade,
    foreign key (tenant_id, resource_server_id) references resource_servers (tenant_id, id) on delete cascade
  ) strict`,
  sql`create index client_grants_by_age on client_grants (tenant_id, created_at, id)`,
  sql`create index client_grants_by_api on client_grants (tenant_id, resource_server_id)`,

  // No foreign key to the rule: a version outlives it, for the exchange records that name it.
  sql`create table rule_versions (
    tenant_id text not null references tenants (id),
    id text not null,
    rule_id text not null,
    number integer not null,
    source text not null,
    secrets text not null,
    webtask text,
    created_at integer not null,
    rule_removed_at integer,
    primary key (tenant_id, id),
    unique (tenant_id, rule_id, number)
  ) strict`,
  sql`create index rule_versions_removed on rule_versions (rule_removed_at) where rule_removed_at is not null`,

  // Deferred: a rule and its first version come in one transaction, in any order.
  sql`create table rules (
    tenant_id text not null references tenants (id),
    id text not null,
    door text not null,
    name text not null,
    model text not null,
    "order" integer not null,
    enabled integer not null,
    client_filter text,
    active_version_id text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, id),
    unique (tenant_id, door, name),
    foreign key (tenant_id, active_version_id) references rule_versions (tenant_id, id)
      deferrable initially deferred
  ) strict`,
  sql`create index rules_by_version on rules (tenant_id, active_version_id)`,

  sql`create table signing_keys (
    tenant_id text not null references tenants (id),
    id text not null,
    algorithm text not null,
    state text not null,
    public_jwk text not null,
    encrypted_private_key text not null,
    created_at integer not null,
    primary key (tenant_id, id)
  ) strict`,
  sql`create unique index signing_keys_one_current on signing_keys (tenant_id, algorithm) where state = 'current'`,
  sql`create unique index signing_keys_one_next on signing_keys (tenant_id, algorithm) where state = 'next'`,

  // A token is presented without saying whose it is, so its hash is unique among all tenants.
  sql`create table webtask_tokens (
    tenant_id text not null references tenants (id),
    id text not null,
    hash blob not null unique,
    created_at integer not null,
    primary key (tenant_id, id)
  ) strict`,

  sql`create table log_entries (
    sequence integer not null primary key autoincrement,
    tenant_id text not null references tenants (id),
    id text not null,
    at integer not null,
    type text not null,
    client_id text,
    content text not null,
    unique (tenant_id, id)
  ) strict`,
  sql`create index log_entries_by_tenant on log_entries (tenant_id, sequence)`,
  sql`create index log_entries_by_type on log_entries (tenant_id, type, sequence)`,
  sql`create index log_entries_by_client on log_entries (tenant_id, client_id, sequence)`,
  sql`create index log_entries_by_age on log_entries (at)`,

  sql`create table exchange_records (
    tenant_id text not null references tenants (id),
    id text not null,
    at integer not null,
    content text not null,
    primary key (tenant_id, id)
  ) strict`,
  sql`create index exchange_records_by_age on exchange_records (at)`,
]

export async function createTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
