/** What a body asks a trusted issuer to be. */
import type {
  TrustedIssuerChange,
  TrustedIssuerToCreate,
} from '@tallystick/management-api/contract/trusted-issuers'
import { parseClientId } from '../../../domain/client.ts'
import { whyNotSubjectPattern } from '../../../domain/subject-pattern.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import { type TrustMatch, whyNotMatch } from '../../../domain/trust-match.ts'
import {
  defaultMaxTokenLifetimeSeconds,
  type IssuerKeySource,
  issuerAlgorithms,
  isTrustDomain,
  type TrustedIssuer,
  type TrustedIssuerId,
  whyNotIssuer,
} from '../../../domain/trusted-issuer.ts'
import { IssuerKeyError, issuerJwkOf, parseIssuerKey } from '../../../keys/public-key/issuer-key.ts'
import { whyNotKeyAddress } from '../clients/jwks-uri.ts'
import { invalidBody } from '../operation/invalid-body.ts'

interface Made {
  readonly tenantId: TenantId
  readonly id: TrustedIssuerId
  readonly now: Date
  /** The issuer of the tenant itself, which may not be trusted in this way. */
  readonly ownIssuer: string
  readonly whyNotFetched: (url: URL) => string | undefined
}

/** @throws ManagementError `invalid_body` */
export function trustedIssuerToCreate(
  body: TrustedIssuerToCreate,
  { tenantId, id, now, ownIssuer, whyNotFetched }: Made,
): TrustedIssuer {
  const fault = whyNotIssuer(body.issuer)
  if (fault !== undefined) throw invalidBody('issuer', fault)
  if (body.issuer === ownIssuer) {
    throw invalidBody('issuer', 'It may not be this tenant: its own tokens prove nobody here')
  }
  return {
    tenantId,
    id,
    name: body.name,
    issuer: body.issuer,
    keySource: keySourceFrom(body.issuer, body, { kind: 'discovery' }, whyNotFetched),
    audiences: body.audiences ?? [],
    algorithms: body.algorithms ?? issuerAlgorithms,
    maxTokenLifetimeSeconds: body.max_token_lifetime ?? defaultMaxTokenLifetimeSeconds,
    requiresJti: body.require_jti ?? false,
    tokenReuse: body.token_reuse ?? 'once',
    matches: matchesFrom(body.matches ?? []),
    ruleSource: body.trust_rule ?? undefined,
    createdAt: now,
    updatedAt: now,
  }
}

/** @throws ManagementError `invalid_body` */
export function changedTrustedIssuer(
  stored: TrustedIssuer,
  body: TrustedIssuerChange,
  { now, whyNotFetched }: Pick<Made, 'now' | 'whyNotFetched'>,
): TrustedIssuer {
  return {
    ...stored,
    name: body.name ?? stored.name,
    keySource: keySourceFrom(stored.issuer, body, stored.keySource, whyNotFetched),
    audiences: body.audiences ?? stored.audiences,
    algorithms: body.algorithms ?? stored.algorithms,
    maxTokenLifetimeSeconds: body.max_token_lifetime ?? stored.maxTokenLifetimeSeconds,
    requiresJti: body.require_jti ?? stored.requiresJti,
    tokenReuse: body.token_reuse ?? stored.tokenReuse,
    matches: body.matches ? matchesFrom(body.matches) : stored.matches,
    ruleSource: body.trust_rule === undefined ? stored.ruleSource : (body.trust_rule ?? undefined),
    updatedAt: now,
  }
}

function keySourceFrom(
  issuer: string,
  { jwks_uri: uri, jwks }: Pick<TrustedIssuerChange, 'jwks_uri' | 'jwks'>,
  stored: IssuerKeySource,
  whyNotFetched: Made['whyNotFetched'],
): IssuerKeySource {
  if (typeof uri === 'string' && jwks) throw invalidBody('jwks', 'Send jwks_uri or jwks, and not both')
  if (typeof uri === 'string') {
    const fault = whyNotKeyAddress(uri) ?? whyNotFetched(new URL(uri))
    if (fault !== undefined) throw invalidBody('jwks_uri', fault)
    return { kind: 'jwks_uri', uri }
  }
  if (jwks) return { kind: 'jwks', keys: givenKeys(jwks.keys) }
  const isEnded = (stored.kind === 'jwks_uri' && uri === null) || (stored.kind === 'jwks' && jwks === null)
  const source: IssuerKeySource = isEnded ? { kind: 'discovery' } : stored
  if (source.kind === 'discovery') refuseUndiscoverable(issuer, whyNotFetched)
  return source
}

function refuseUndiscoverable(issuer: string, whyNotFetched: Made['whyNotFetched']): void {
  if (isTrustDomain(issuer)) {
    throw invalidBody('jwks_uri', 'A trust domain has no discovery document: send its jwks_uri or its jwks')
  }
  const fault = whyNotFetched(new URL(issuer))
  if (fault !== undefined) throw invalidBody('issuer', fault)
}

// With two keys of one kid nobody can say which is meant (RFC 7517 §4.5).
function givenKeys(raw: readonly Record<string, unknown>[]) {
  const keys = raw.map(jwkFrom)
  const kids = keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid]))
  if (new Set(kids).size < kids.length) throw invalidBody('jwks.keys', 'Two keys have the same kid')
  return keys
}

function jwkFrom(jwk: Record<string, unknown>, at: number) {
  try {
    return issuerJwkOf(jwk, parseIssuerKey(jwk))
  } catch (error) {
    if (!(error instanceof IssuerKeyError)) throw error
    throw invalidBody(`jwks.keys.${at}`, error.message)
  }
}

function matchesFrom(matches: NonNullable<TrustedIssuerToCreate['matches']>): TrustMatch[] {
  return matches.map(({ client_id, sub, claims = {} }, at) => {
    const clientId = parseClientId(client_id)
    if (clientId === undefined) throw invalidBody(`matches.${at}.client_id`, 'It must be the id of a client')
    const patternFault = sub === undefined ? undefined : whyNotSubjectPattern(sub)
    if (patternFault !== undefined) throw invalidBody(`matches.${at}.sub`, patternFault)
    const fault = whyNotMatch({ sub, claims })
    if (fault !== undefined) throw invalidBody(`matches.${at}`, fault)
    return { clientId, sub, claims }
  })
}
