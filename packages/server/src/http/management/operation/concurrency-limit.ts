/** Work that takes its time and of which a tenant may have only so much under way; what is over is refused, not queued. */
import { ManagementError } from '../../../domain/errors.ts'
import type { TenantId } from '../../../domain/tenant.ts'

/** @throws ManagementError `too_many_requests` */
export type ConcurrencyLimit = <Result>(tenantId: TenantId, work: () => Promise<Result>) => Promise<Result>

/** `what` is the plural of what is done. */
export function createConcurrencyLimit(limit: number, what: string): ConcurrencyLimit {
  const underWay = new Map<TenantId, number>()
  return async function withinLimit(tenantId, work) {
    const others = underWay.get(tenantId) ?? 0
    if (others >= limit) {
      throw new ManagementError(
        'too_many_requests',
        `${limit} ${what} are under way already. Send it again when one of them has been answered.`,
      )
    }
    underWay.set(tenantId, others + 1)
    try {
      return await work()
    } finally {
      const left = (underWay.get(tenantId) ?? 1) - 1
      if (left === 0) underWay.delete(tenantId)
      else underWay.set(tenantId, left)
    }
  }
}
