/** The key with which the tokens of an API are encrypted for it. */
import { type Kysely, sql } from 'kysely'

export async function encryptTokens(database: Kysely<unknown>): Promise<void> {
  await sql`alter table resource_servers add column token_encryption text`.execute(database)
}
