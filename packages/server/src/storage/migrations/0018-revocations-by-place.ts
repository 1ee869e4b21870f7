/** Revocations that end tokens dated later than themselves: those that were issued while a clock was ahead. */
import { type Kysely, sql } from 'kysely'

export async function endTokensDatedAhead(database: Kysely<unknown>): Promise<void> {
  await sql`alter table revocations add column last_ahead integer`.execute(database)
}
