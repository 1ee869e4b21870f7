/**
 * The answer to a request that came with an `Idempotency-Key`, kept so that the same request is answered the same way
 * again and done once. It is committed with the change it tells of.
 */
import type { ClientId } from './client.ts'
import type { EncryptedValue } from './rule.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export interface IdempotentAnswer {
  readonly tenantId: TenantId
  readonly clientId: ClientId
  /** SHA-256 of the key, base64url: whatever a client takes for a key has one length and is not told again. */
  readonly keyHash: string
  readonly at: Date
  /** Encrypted, since the answer may show a new secret. */
  readonly content: EncryptedValue
}

/** Promises: `find` resolves to undefined when absent and never throws for that. */
export interface IdempotentAnswerStore {
  find(tenantId: TenantId, clientId: ClientId, keyHash: string): Promise<IdempotentAnswer | undefined>
  /** Of one client, those among them whose time is over and that have not been removed yet. */
  count(tenantId: TenantId, clientId: ClientId): Promise<number>
  insert(answer: IdempotentAnswer): Write
  remove(tenantId: TenantId, clientId: ClientId, keyHash: string): Write
  /** Of all tenants; undefined when there is none. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` answers that are older, in all tenants. */
  removeBefore(at: Date, limit: number): Write
}

/** Of one client; one more is refused before anything is done. */
export const maxIdempotentAnswers = 10_000

/** After this the same key is a new one. */
export const idempotencyRetentionDays = 1
