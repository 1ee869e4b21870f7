/**
 * When an object was changed last is also how a change knows that none came in between. So it always moves on, also
 * within one millisecond and where the clock was set back.
 */
import { type RawBuilder, sql } from 'kysely'
import { integer } from './column.ts'

/** What an update of such an object takes beside its columns: `updated_at` as it was read. */
export const readColumns = { read_updated_at: integer }

export function movedOn(
  updatedAt: RawBuilder<number>,
  readUpdatedAt: RawBuilder<number>,
): RawBuilder<number> {
  return sql<number>`max(${updatedAt}, ${readUpdatedAt} + 1)`
}
