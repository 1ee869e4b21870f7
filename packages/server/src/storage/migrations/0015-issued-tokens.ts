/** What was issued and must be found again, and what was revoked before its time. */
import { type Kysely, sql } from 'kysely'

const statements = [
  // No foreign keys to client and API: removing one takes no time for all the tokens it ever had.
  sql`create table issued_tokens (
    tenant_id text not null references tenants (id),
    jti text not null,
    client_id text not null,
    resource_server_id text not null,
    issued_at integer not null,
    expires_at integer not null,
    rule_version_ids text not null,
    status_list_id text,
    status_index integer,
    hash blob,
    encrypted_claims text,
    primary key (tenant_id, jti)
  ) strict`,
  sql`create unique index issued_tokens_by_place on issued_tokens (tenant_id, status_list_id, status_index)
    where status_list_id is not null`,
  sql`create unique index issued_tokens_by_hash on issued_tokens (tenant_id, hash) where hash is not null`,
  sql`create index issued_tokens_by_expiry on issued_tokens (expires_at)`,

  sql`create table revocations (
    sequence integer primary key autoincrement,
    tenant_id text not null references tenants (id),
    kind text not null,
    subject text not null,
    revoked_at integer not null,
    expires_at integer not null,
    unique (tenant_id, kind, subject)
  ) strict`,
  sql`create index revocations_by_place on revocations (tenant_id, sequence)`,
  sql`create index revocations_by_expiry on revocations (expires_at)`,
]

export async function keepIssuedTokens(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
