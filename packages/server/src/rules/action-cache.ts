/**
 * The cache of Actions, `api.cache`: a few small texts for each tenant, in this process alone. A run sees it as it was
 * when the run began; what it changes is applied when it has ended well or refused, and later runs see it,
 * whichever process runs them. It may forget at any time, and a restart forgets all.
 */
import type { TenantId } from '../domain/tenant.ts'

export interface CacheRecord {
  readonly key: string
  readonly value: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export type CacheChange =
  | ({ readonly kind: 'set' } & CacheRecord)
  | { readonly kind: 'deleted'; readonly key: string }

/** Beyond one of these a rule is told so, and nothing changes. Sizes are UTF-8 bytes; `maxBytes` counts keys and values. */
export const cacheLimits = {
  maxRecords: 20,
  maxKeyBytes: 64,
  maxValueBytes: 4096,
  maxBytes: 8192,
  /** A longer time is cut to this. */
  maxTtlMs: 24 * 60 * 60_000,
  defaultTtlMs: 15 * 60_000,
  /** Of one run. */
  maxChanges: 20,
} as const

/** Tenants whose caches are kept; the one that was used longest ago is forgotten first. */
const maxCaches = 1000

export interface ActionCache {
  /** What has not expired. */
  read(tenantId: TenantId): readonly CacheRecord[]
  /** In order. What would not fit beside the changes of another run is left out. */
  change(tenantId: TenantId, changes: readonly CacheChange[]): void
}

export function createActionCache(now: () => Date): ActionCache {
  const caches = new Map<TenantId, ReadonlyMap<string, CacheRecord>>()

  function live(tenantId: TenantId): Map<string, CacheRecord> {
    const records = caches.get(tenantId) ?? new Map<string, CacheRecord>()
    const time = now().getTime()
    return new Map([...records].filter(([, { expiresAt }]) => expiresAt > time))
  }

  return {
    read: (tenantId) => (caches.has(tenantId) ? [...live(tenantId).values()] : []),
    change(tenantId, changes) {
      if (changes.length === 0) return
      const records = live(tenantId)
      for (const change of changes) {
        const before = records.get(change.key)
        records.delete(change.key)
        if (change.kind === 'deleted') continue
        const { key, value, expiresAt } = change
        if (fits(records, change)) records.set(key, { key, value, expiresAt })
        else if (before) records.set(key, before)
      }
      caches.delete(tenantId)
      if (records.size > 0) caches.set(tenantId, records)
      const [oldest] = caches.keys()
      if (caches.size > maxCaches && oldest !== undefined) caches.delete(oldest)
    },
  }
}

function fits(others: ReadonlyMap<string, CacheRecord>, added: CacheRecord): boolean {
  const bytes = [...others.values(), added].reduce((sum, record) => sum + bytesOf(record), 0)
  return others.size < cacheLimits.maxRecords && bytes <= cacheLimits.maxBytes
}

function bytesOf({ key, value }: CacheRecord): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value)
}
