/**
 * The JWT by which the `wt` client names one version of one rule. The client decodes it without checking the
 * signature; we sign it so that what comes back can be trusted. It carries no secret and grants nothing: every call
 * needs the management token, too. The same version always gives the same text.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { ManagementError } from '../../domain/errors.ts'
import { type PipelineRule, parseRuleName, type RuleName } from '../../domain/rule.ts'
import type { TenantName } from '../../domain/tenant.ts'
import { decodeBase64url } from '../../keys/base64url.ts'
import { metaOf } from './webtask-meta.ts'

/** What a token says, once its signature has been checked. */
export interface WebtaskTokenClaims {
  readonly container: string
  readonly name: RuleName
  readonly versionId: string
}

/** Characters; meta takes part in the token, and a token travels in query strings. */
const maxWebtaskTokenLength = 16_384

// No `typ`: with one, the client would take the token for one of another server generation.
const header = encode({ alg: 'HS256', kid: '1' })

export function signWebtaskToken(key: Uint8Array, container: TenantName, webtask: PipelineRule): string {
  const text = `${header}.${encode(tokenClaims(container, webtask))}`
  return `${text}.${signature(key, text).toString('base64url')}`
}

/** The claims a client may see; `ca` and `dd` say that the token may issue no others. */
export function tokenClaims(container: TenantName, webtask: PipelineRule) {
  const { rule, version } = webtask
  const details = version.webtask
  return {
    jti: version.id,
    iat: Math.floor(version.createdAt.getTime() / 1000),
    ca: [],
    ten: container,
    dd: 0,
    meta: metaOf(webtask),
    ...(details?.host === undefined ? {} : { host: details.host }),
    ...(details && Object.keys(details.params).length > 0 ? { pctx: details.params } : {}),
    ...(details?.mergeBody ? { mb: 1 } : {}),
    ...(details?.parseBody === undefined ? {} : { pb: details.parseBody }),
    dr: 1,
    jtn: rule.name,
  }
}

/** @throws ManagementError when the text is no token of ours. */
export function verifyWebtaskToken(key: Uint8Array, text: string): WebtaskTokenClaims {
  const [rawHeader, rawPayload, rawSignature, ...rest] =
    text.length > maxWebtaskTokenLength ? [] : text.split('.')
  if (rawHeader === header && rawPayload !== undefined && rawSignature !== undefined && rest.length === 0) {
    const expected = signature(key, `${rawHeader}.${rawPayload}`)
    const presented = decodeBase64url(rawSignature)
    if (presented?.length === expected.length && timingSafeEqual(presented, expected)) {
      const claims = parseClaims(rawPayload)
      if (claims) return claims
    }
  }
  throw new ManagementError(
    'invalid_query_string',
    'The token was not made by this server, or is damaged. Ask for the webtask by its name instead.',
  )
}

function parseClaims(rawPayload: string): WebtaskTokenClaims | undefined {
  const raw: unknown = JSON.parse(Buffer.from(rawPayload, 'base64url').toString('utf8'))
  if (typeof raw !== 'object' || raw === null || !('ten' in raw && 'jtn' in raw && 'jti' in raw))
    return undefined
  const name = typeof raw.jtn === 'string' ? parseRuleName(raw.jtn) : undefined
  if (name === undefined || typeof raw.ten !== 'string' || typeof raw.jti !== 'string') return undefined
  return { container: raw.ten, name, versionId: raw.jti }
}

function signature(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')
}
