/** Issuers whose tokens prove clients. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`create table trusted_issuers (
    tenant_id text not null references tenants (id),
    id text not null,
    name text not null,
    issuer text not null,
    key_source text not null,
    audiences text not null,
    algorithms text not null,
    max_token_lifetime_seconds integer not null,
    requires_jti integer not null,
    token_reuse text not null,
    matches text not null,
    rule_source text,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, id),
    unique (tenant_id, issuer)
  ) strict`,
]

export async function trustIssuers(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
