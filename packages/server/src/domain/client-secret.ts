/**
 * A secret with which a client proves itself. A client has two at most, so that it can change from one to the next
 * without a moment in which neither holds.
 */
import type { ClientId, ClientSecret, ClientSecretId } from './client.ts'
import type { Span } from './span.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** One proof of a client by one of its secrets. */
export interface ClientSecretUse {
  readonly secret: Pick<ClientSecret, 'tenantId' | 'clientId' | 'id'>
  readonly at: Date
}

/** A secret as its owner looks at it. */
export interface ListedClientSecret extends ClientSecret {
  readonly firstUsedAt: Date | undefined
  /** Undefined until its first use. Up to a minute may lie between it and the last use. */
  readonly lastUsedAt: Date | undefined
}

export interface ClientSecretStore {
  /** Oldest first, the expired ones that have not been removed yet among them. */
  list(tenantId: TenantId, clientId: ClientId): Promise<readonly ListedClientSecret[]>
  /** Of all clients: up to `limit` that expire within the span, the soonest first. */
  listEnding(tenantId: TenantId, span: Span, limit: number): Promise<readonly ClientSecret[]>
  /** Gone with its client. */
  insert(secret: ClientSecret): Write
  /** Changes its name and when it expires; refused when the secret is gone. */
  change(secret: ClientSecret): Write
  /** Ends it at once. */
  remove(secret: Pick<ClientSecret, 'tenantId' | 'clientId' | 'id'>): Write
  /** Of a secret that is gone meanwhile nothing is kept, and nobody is refused for it. */
  recordUse(use: ClientSecretUse): Write
  /** When the secret that expired first did, among those that are still kept. */
  oldestAt(): Promise<Date | undefined>
  /** Removes up to `limit` secrets that expired before then. */
  removeBefore(at: Date, limit: number): Write
}

/** A third live one is refused: two are what a change of secrets needs. */
export const maxLiveClientSecrets = 2

/** The longest that an old secret goes on beside the one that replaces it: thirty days. */
export const maxSecretOverlapSeconds = 2_592_000

/** Days that an expired secret stays in the list, so that whoever still sends it can be told when it ended. */
export const expiredSecretRetentionDays = 30

export function hasSecretExpired({ expiresAt }: Pick<ClientSecret, 'expiresAt'>, now: Date): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

/**
 * What becomes of a client's secrets when it gets a new one: the newest that still counts goes on for the overlap, and
 * never longer than it would have; every other one ends at once.
 */
export function afterRotation<Secret extends ClientSecret>(
  present: readonly Secret[],
  overlapSeconds: number,
  now: Date,
): { ended: readonly Secret[]; kept: (Secret & { readonly expiresAt: Date }) | undefined } {
  const newest = present.findLast((secret) => !hasSecretExpired(secret, now))
  if (overlapSeconds === 0 || !newest) return { ended: present, kept: undefined }
  const end = now.getTime() + overlapSeconds * 1000
  const expiresAt = new Date(Math.min(end, newest.expiresAt?.getTime() ?? end))
  return { ended: present.filter((secret) => secret !== newest), kept: { ...newest, expiresAt } }
}

const clientSecretId = /^sec_[0-9A-Za-z]{16}$/

/** Undefined when the text is no id of a secret. */
export function parseClientSecretId(text: string): ClientSecretId | undefined {
  return clientSecretId.test(text) ? (text as ClientSecretId) : undefined
}
