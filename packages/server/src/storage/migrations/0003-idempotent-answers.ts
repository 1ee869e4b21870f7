/** Answers that are kept for requests with an `Idempotency-Key`. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`create table idempotent_answers (
    tenant_id text not null references tenants (id),
    client_id text not null,
    key_hash text not null,
    at integer not null,
    content text not null,
    primary key (tenant_id, client_id, key_hash)
  ) strict`,
  sql`create index idempotent_answers_by_age on idempotent_answers (at)`,
]

export async function keepIdempotentAnswers(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
