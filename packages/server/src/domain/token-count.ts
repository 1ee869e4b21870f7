/**
 * How many tokens were issued and refused, per day, client and API: counted with the exchange's log entry and kept long
 * after it.
 */
import type { ClientId } from './client.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export interface TokenCount {
  /** `2026-11-23`, in UTC. */
  readonly day: string
  /** Empty where nobody proved to be a client. */
  readonly clientId: ClientId | ''
  /** Of issued tokens. Empty for refusals: what was asked for in vain may be any text. */
  readonly audience: string
  readonly issued: number
  readonly refused: number
}

export interface DailyTokenCount {
  readonly day: string
  readonly issued: number
  readonly updatedAt: Date
}

export interface TokenCountFilter {
  /** Both days included. */
  readonly fromDay: string
  readonly toDay: string
  readonly clientId?: ClientId
  readonly audience?: string
}

/** Counted by `LogEntryStore.insert`, in the transaction that keeps the entry. */
export interface TokenCountStore {
  /** By day, then client, then audience. */
  list(tenantId: TenantId, filter: TokenCountFilter, limit: number): Promise<TokenCount[]>
  /** Days on which tokens were issued. */
  daily(tenantId: TenantId, filter: TokenCountFilter): Promise<DailyTokenCount[]>
  /** Clients that got a token on that day or later. */
  activeClients(tenantId: TenantId, sinceDay: string): Promise<number>
  /** Of all tenants; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` counts of days that were over before then, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

/** Two years and what is left of a month. */
export const tokenCountRetentionDays = 762

export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}
