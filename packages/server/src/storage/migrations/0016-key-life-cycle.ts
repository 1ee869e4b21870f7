/** From when a signing key may sign, and how long the longest token lives that it has signed. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table signing_keys add column may_sign_from integer not null default 0`,
  // Milliseconds that verifiers may have kept a key set without it.
  sql`update signing_keys set may_sign_from = created_at + iif(state = 'next', 310000, 0)`,
  sql`alter table signing_keys add column longest_token_seconds integer not null default 0`,
  // Nobody has noted it, so it is the longest that any token may live: 30 days.
  sql`update signing_keys set longest_token_seconds = 2592000 where state in ('current', 'previous')`,
]

export async function noteLivesOfKeys(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
