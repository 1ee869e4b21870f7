/**
 * Nonces for DPoP proofs (RFC 9449 §8): a moment, and a MAC over it under a key that every replica derives from the
 * master key. They are not stored: any server, also after a restart, can tell whether one was issued here, for this
 * tenant, and recently.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TenantId } from '../../domain/tenant.ts'
import { deriveSubkey, type MasterKey } from '../secret/subkey.ts'

export interface DpopNonces {
  issue(tenantId: TenantId, now: Date): string
  isFresh(tenantId: TenantId, nonce: string, now: Date): boolean
}

/** A nonce is accepted for at least this long, and at most one step longer. */
export const dpopNonceLifetimeSeconds = 300
/** All requests within one step get the same nonce, so that it reveals nothing else. */
const stepSeconds = 60
/** How far the clocks of two replicas may be apart. */
const skewSeconds = 10

const momentBytes = 6
const macBytes = 16
const nonceShape = /^[A-Za-z0-9_-]{30}$/

export function createDpopNonces(masterKey: MasterKey): DpopNonces {
  const key = deriveSubkey(masterKey, 'dpop-nonce')

  function nonceAt(tenantId: TenantId, moment: number): string {
    const bytes = Buffer.alloc(momentBytes)
    bytes.writeUIntBE(moment, 0, momentBytes)
    const mac = createHmac('sha256', key).update(bytes).update(tenantId).digest()
    return Buffer.concat([bytes, mac.subarray(0, macBytes)]).toString('base64url')
  }

  return {
    issue(tenantId, now) {
      const moment = Math.floor(secondsOf(now) / stepSeconds) * stepSeconds
      return nonceAt(tenantId, moment)
    },
    isFresh(tenantId, nonce, now) {
      if (!nonceShape.test(nonce)) return false
      const moment = Buffer.from(nonce, 'base64url').readUIntBE(0, momentBytes)
      if (!timingSafeEqual(Buffer.from(nonce), Buffer.from(nonceAt(tenantId, moment)))) return false
      const age = secondsOf(now) - moment
      return age >= -skewSeconds && age < dpopNonceLifetimeSeconds + stepSeconds
    },
  }
}

function secondsOf(moment: Date): number {
  return moment.getTime() / 1000
}
