/**
 * Where a list begins: behind a checkpoint, or at its start. For tables that have an index on
 * `(tenant_id, created_at, id)`; the list is ordered by `created_at`, then `id`.
 *
 * ```ts
 * const list = database.many({ tenant_id: text, ...pageColumns }, (build, asked) =>
 *   build.selectFrom('clients').selectAll().where('tenant_id', '=', asked.tenant_id)
 *     .where(behind(asked)).orderBy('created_at').orderBy('id').limit(asked.limit).offset(asked.offset))
 * list({ tenant_id: tenantId, ...pageValues(page) })
 * ```
 */
import { type RawBuilder, sql } from 'kysely'
import type { Page } from '../domain/page.ts'
import { integer, text } from './column.ts'

export const pageColumns = { limit: integer, offset: integer, after_created_at: integer, after_id: text }

export function pageValues({ limit, offset, after }: Page) {
  return {
    limit,
    offset,
    // Before everything: a checkpoint that is no object's.
    after_created_at: after?.createdAt.getTime() ?? Number.MIN_SAFE_INTEGER,
    after_id: after?.id ?? '',
  }
}

export function behind(asked: {
  readonly after_created_at: RawBuilder<number>
  readonly after_id: RawBuilder<string>
}): RawBuilder<boolean> {
  return sql<boolean>`(created_at, id) > (${asked.after_created_at}, ${asked.after_id})`
}
