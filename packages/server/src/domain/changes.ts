/**
 * Whether anything of a tenant but its log has changed since a
 * moment: how a change is made only on top of what was seen.
 */
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export interface Changes {
  /** Grows with everything that is written, but for log entries and what is kept like them. */
  count(tenantId: TenantId): number
  /** A write that changes nothing, refused with ChangedMeanwhileError when the count has grown since. */
  unchangedSince(tenantId: TenantId, count: number): Write
}
