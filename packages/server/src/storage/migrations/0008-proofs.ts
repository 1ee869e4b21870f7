/** How strictly clients prove themselves, and what their tokens are bound to. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table tenants add column security text not null default '{}'`,

  sql`alter table clients add column jwks_uri text`,
  sql`alter table clients add column requires_proof_of_possession integer not null default 0`,
  sql`alter table clients add column compliance_level text not null default 'none'`,
  sql`alter table clients add column token_lifetime_seconds integer`,

  sql`alter table resource_servers add column proof_of_possession text`,
  sql`alter table resource_servers add column token_format text not null default 'jwt'`,
  sql`alter table resource_servers add column has_token_status_list integer not null default 0`,
]

export async function addProofs(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
