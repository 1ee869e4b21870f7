/** What an API says of its clients and of its HS256 secret, grants of all scopes, and the life of a signing key. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table resource_servers add column enforce_policies integer`,
  sql`alter table resource_servers add column client_policy text not null default 'require_client_grant'`,
  sql`alter table resource_servers add column encrypted_signing_secret text`,
  // Until now it was kept without a meaning.
  sql`update resource_servers
    set enforce_policies = json_extract(kept_members, '$.enforce_policies')
    where json_type(kept_members, '$.enforce_policies') in ('true', 'false')`,
  sql`update resource_servers set kept_members = json_remove(kept_members, '$.enforce_policies')`,

  sql`alter table client_grants add column all_scopes integer not null default 0`,
  sql`alter table client_grants add column organization_usage text`,
  sql`alter table client_grants add column allow_any_organization integer`,

  sql`alter table signing_keys add column certificate text`,
  sql`alter table signing_keys add column current_since integer`,
  sql`alter table signing_keys add column current_until integer`,
  sql`alter table signing_keys add column revoked_at integer`,
  sql`update signing_keys set current_since = created_at where state = 'current'`,
]

export async function widenApisAndKeys(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
