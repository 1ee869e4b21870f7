/**
 * Public keys of clients beside their secrets, which of them count,
 * and the assertions that are spent; lists of clients by kind.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table clients add column active_credential_ids text not null default '[]'`,

  // What lists are narrowed to, in the index by which they go: nothing is read that is not listed.
  sql`alter table clients add column app_type text`,
  sql`alter table clients add column is_first_party integer not null default 1`,
  sql`update clients set
    app_type = iif(json_type(kept_members, '$.app_type') = 'text', json_extract(kept_members, '$.app_type'), null),
    is_first_party = json_extract(kept_members, '$.is_first_party') is not 0`,
  sql`drop index clients_by_age`,
  sql`create index clients_by_age on clients (tenant_id, created_at, id, is_first_party, app_type)`,

  sql`create table client_credentials (
    tenant_id text not null,
    client_id text not null,
    id text not null,
    name text not null,
    kid text not null,
    algorithm text not null,
    public_jwk text not null,
    expires_at integer,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, client_id, id),
    unique (tenant_id, client_id, kid),
    foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
  ) strict`,

  // No foreign key to the client: removing a client takes no time for all that it ever spent.
  sql`create table spent_assertions (
    tenant_id text not null references tenants (id),
    client_id text not null,
    jti text not null,
    expires_at integer not null,
    primary key (tenant_id, client_id, jti)
  ) strict`,
  sql`create index spent_assertions_by_expiry on spent_assertions (expires_at)`,
]

export async function addClientCredentials(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
