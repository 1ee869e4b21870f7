/** Of proofs that may be used once there are several kinds: client assertions, and DPoP proofs. */
import { type Kysely, sql } from 'kysely'

const statements = [
  // No foreign key to the client: removing a client takes no time for all that it ever spent.
  sql`create table spent_proofs (
    tenant_id text not null references tenants (id),
    kind text not null,
    holder text not null,
    jti text not null,
    expires_at integer not null,
    primary key (tenant_id, kind, holder, jti)
  ) strict`,
  // What was spent before this release stays spent.
  sql`insert into spent_proofs (tenant_id, kind, holder, jti, expires_at)
    select tenant_id, 'client_assertion', client_id, jti, expires_at from spent_assertions`,
  sql`drop table spent_assertions`,
  sql`create index spent_proofs_by_expiry on spent_proofs (expires_at)`,
]

export async function generalizeSpentAssertions(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
