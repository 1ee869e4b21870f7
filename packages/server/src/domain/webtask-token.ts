/**
 * The opaque token with which the `wt` client manages one tenant's rules. Opaque on purpose: the public
 * client refuses to work with a token that decodes as a JWT (docs/decisions).
 */

import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

export interface WebtaskToken {
  readonly tenantId: TenantId
  /** `wtk_` and 16 base62 characters. */
  readonly id: string
  /** HMAC-SHA-256, 32 bytes. */
  readonly hash: Uint8Array
  readonly createdAt: Date
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface WebtaskTokenStore {
  findByHash(hash: Uint8Array): Promise<WebtaskToken | undefined>
  /** Oldest first. A tenant keeps at least one: whoever revokes asks this first. */
  list(tenantId: TenantId): Promise<WebtaskToken[]>
  insert(token: WebtaskToken): Write
  remove(tenantId: TenantId, id: string): Write
}
