/**
 * Every key but the master key is derived from it by HKDF-SHA-256 (RFC 5869) under a label of its own, so
 * that what one key protects tells nothing about another, and the master key itself never does any work.
 */
import { hkdfSync, type KeyObject } from 'node:crypto'

/** 32 bytes. A `KeyObject` prints as nothing, so the key cannot slip into a log line. */
export type MasterKey = KeyObject

export type SubkeyPurpose =
  | 'client-secret-hash'
  | 'dpop-nonce'
  | 'encryption'
  | 'encryption-key-id'
  | 'fingerprint'
  | 'webtask-jwt'

/** The label is a JSON array, so that no two pairs of purpose and context share one. */
export function deriveSubkey(masterKey: MasterKey, purpose: SubkeyPurpose, ...context: string[]): Buffer {
  const label = JSON.stringify(['tallystick', 'v1', purpose, ...context])
  return Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(0), label, 32))
}
