/** Identifiers: unguessable, and without a meaning that anyone could rely on. */
import { randomBytes } from 'node:crypto'
import type { ClientCredentialId, ClientId, ClientSecretId } from '../../domain/client.ts'
import type { ClientGrantId } from '../../domain/client-grant.ts'
import type { StatusListId } from '../../domain/issued-token.ts'
import type { LogStreamId } from '../../domain/log-stream.ts'
import type { ResourceServerId } from '../../domain/resource-server.ts'
import type { RuleId, RuleVersionId } from '../../domain/rule.ts'
import type { TenantId } from '../../domain/tenant.ts'
import type { TrustedIssuerId } from '../../domain/trusted-issuer.ts'
import { drawRandomBytes } from './random-bytes.ts'

/** `length` characters of 0-9 A-Z a-z, each equally likely. */
export function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += base62.charAt(byte % 62)
    }
  }
  return text
}

export const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export const newTenantId = () => `ten_${randomBase62(16)}` as TenantId
export const newClientId = () => randomBase62(32) as ClientId
export const newClientCredentialId = () => `cred_${randomBase62(22)}` as ClientCredentialId
export const newClientGrantId = () => `cgr_${randomBase62(16)}` as ClientGrantId
export const newResourceServerId = () => randomBytes(12).toString('hex') as ResourceServerId
export const newRuleId = () => `rul_${randomBase62(16)}` as RuleId
/** Of an Action's place at its trigger. */
export const newActionBindingId = () => `bnd_${randomBase62(16)}`
export const newRuleVersionId = () => `ver_${randomBase62(16)}` as RuleVersionId
export const newLogStreamId = () => `lst_${randomBase62(16)}` as LogStreamId
export const newTrustedIssuerId = () => `tri_${randomBase62(16)}` as TrustedIssuerId
export const newStatusListId = () => randomBase62(22) as StatusListId
/** Names the secret, and is not secret itself. */
export const newClientSecretId = () => `sec_${randomBase62(16)}` as ClientSecretId
/** Of one webtask token. Names the row, and is not secret. */
export const newSecretId = () => `sec_${randomBase62(16)}`
/** 32 random bytes, base64url: where the randomness that rules see comes from. */
export const newSeed = () => drawRandomBytes(32).toString('base64url')
