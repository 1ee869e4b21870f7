/** Client secrets with a name, an expiry and the moment of their last use. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table client_secrets add column name text not null default ''`,
  sql`alter table client_secrets add column expires_at integer`,
  sql`create index client_secrets_by_expiry on client_secrets (expires_at) where expires_at is not null`,

  // Apart from the secrets: it is written while tokens are issued, and no read of the token path finds it.
  sql`create table client_secret_uses (
    tenant_id text not null,
    client_id text not null,
    secret_id text not null,
    first_used_at integer not null,
    last_used_at integer not null,
    primary key (tenant_id, client_id, secret_id),
    foreign key (tenant_id, client_id, secret_id)
      references client_secrets (tenant_id, client_id, id) on delete cascade
  ) strict`,
]

export async function addClientSecretLife(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
