/**
 * The exchange record: all that is needed to replay one exchange against another rule, and nothing that
 * would let its reader speak for the client. Encrypted per tenant; the format is docs/exchange-record.md.
 */
import type { LogEntryId } from './log-entry.ts'
import type { EncryptedValue } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export interface ExchangeRecord {
  readonly tenantId: TenantId
  readonly id: LogEntryId
  readonly at: Date
  /** JSON of the record's content, encrypted with the row's identity as associated data. */
  readonly content: EncryptedValue
}

/** Promises: `find` resolves to undefined when absent and never throws for that. */
export interface ExchangeRecordStore {
  find(tenantId: TenantId, id: LogEntryId): Promise<ExchangeRecord | undefined>
  insert(record: ExchangeRecord): Write
  /** Of all tenants; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` records that are older, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

export const exchangeRecordRetentionDays = 7
