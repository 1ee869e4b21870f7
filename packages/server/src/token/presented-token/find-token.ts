/**
 * A token that somebody presents, found again: an opaque one by its hash, a JWT by its signature. Anything that is
 * not a token of this tenant, or has expired, is not found; whether it was revoked is asked elsewhere.
 */
import { type ClientId, parseClientId } from '../../domain/client.ts'
import { type IssuedTokenStore, parseTokenId, type TokenId } from '../../domain/issued-token.ts'
import type { Issuer } from '../../domain/issuer.ts'
import { parseAudience, type ResourceServer, type ResourceServerStore } from '../../domain/resource-server.ts'
import type { Tenant, TenantId } from '../../domain/tenant.ts'
import type { ApiSigningSecrets } from '../../keys/issued-token/api-signing-secret.ts'
import {
  claimedAudience,
  type Expected,
  namesKey,
  TokenInvalidError,
} from '../../keys/issued-token/verify-token.ts'
import type { SigningKeyRing } from '../../keys/signing-key/signing-key-ring.ts'
import type { OpaqueTokens, TokenClaims } from '../opaque-tokens.ts'
import type { TokenOrigin } from './is-revoked.ts'

export interface FoundToken {
  readonly jti: TokenId | undefined
  readonly clientId: ClientId
  /** Undefined for a JWT whose API is gone: it is still one of ours, and its API may come back. */
  readonly resourceServer: ResourceServer | undefined
  readonly claims: TokenClaims
  readonly issuedAtSeconds: number
  readonly expiresAt: Date
  /** Of an opaque token; that of a JWT is in the log. */
  readonly origin?: TokenOrigin
}

export interface FindTokenDeps {
  readonly issuedTokens: Pick<IssuedTokenStore, 'findByHash'>
  readonly resourceServers: Pick<ResourceServerStore, 'find' | 'findByIdentifier' | 'findSystem'>
  readonly opaqueTokens: Pick<OpaqueTokens, 'hashOf' | 'claimsOf'>
  readonly ring: Pick<SigningKeyRing, 'verify'>
  readonly apiSecrets: Pick<ApiSigningSecrets, 'verify'>
  readonly now: () => Date
}

export type FindToken = (
  place: { readonly tenant: Tenant; readonly issuer: Issuer },
  text: string,
) => Promise<FoundToken | undefined>

/** Characters. As many as a request may hold: rules can make tokens that long. */
const maxLength = 65_536

export function createFindToken(deps: FindTokenDeps): FindToken {
  return async function findToken(place, text) {
    const hash = deps.opaqueTokens.hashOf(text)
    const found = hash ? await findOpaque(deps, place.tenant, hash) : await findJwt(deps, place, text)
    return found && found.expiresAt > deps.now() ? found : undefined
  }
}

async function findOpaque(
  { issuedTokens, resourceServers, opaqueTokens }: FindTokenDeps,
  { id: tenantId }: Tenant,
  hash: Uint8Array,
): Promise<FoundToken | undefined> {
  const token = await issuedTokens.findByHash(tenantId, hash)
  const claims = token && opaqueTokens.claimsOf(token)
  const resourceServer = token && (await resourceServers.find(tenantId, token.resourceServerId))
  return claims && resourceServer && described(claims, resourceServer, token)
}

async function findJwt(
  deps: FindTokenDeps,
  { tenant, issuer }: Parameters<FindToken>[0],
  jwt: string,
): Promise<FoundToken | undefined> {
  const audience = parseAudience(claimedAudience(jwt, maxLength) ?? '')
  if (audience === undefined) return undefined
  const resourceServer =
    audience === issuer.managementAudience
      ? await deps.resourceServers.findSystem(tenant.id)
      : await deps.resourceServers.findByIdentifier(tenant.id, audience)
  try {
    const expected = { issuer: issuer.issuer, audience, now: deps.now(), maxLength }
    return described(await verifiedClaims(deps, tenant.id, resourceServer, jwt, expected), resourceServer)
  } catch (error) {
    if (error instanceof TokenInvalidError) return undefined
    throw error
  }
}

/** @throws TokenInvalidError */
async function verifiedClaims(
  { ring, apiSecrets }: FindTokenDeps,
  tenantId: TenantId,
  resourceServer: ResourceServer | undefined,
  jwt: string,
  expected: Expected,
): Promise<TokenClaims> {
  const signing = resourceServer?.signing
  // RFC 8725 §3.1: the API says what its tokens are signed with. Those that it got before it shared a secret with us are
  // signed with a key, and still count.
  if (resourceServer && signing?.algorithm === 'HS256' && !namesKey(jwt)) {
    return apiSecrets.verify(resourceServer, signing.encryptedSecret, jwt, expected)
  }
  return ring.verify(tenantId, jwt, expected)
}

function described(
  claims: TokenClaims,
  resourceServer: ResourceServer | undefined,
  origin?: TokenOrigin,
): FoundToken | undefined {
  const { jti, iat, exp } = claims
  // RFC 9068 §2.2 says `client_id`; the other dialect says `azp`.
  const claimedClient = claims.client_id ?? claims.azp
  const clientId = typeof claimedClient === 'string' ? parseClientId(claimedClient) : undefined
  if (!clientId || typeof iat !== 'number' || typeof exp !== 'number') return undefined
  return {
    jti: typeof jti === 'string' ? parseTokenId(jti) : undefined,
    clientId,
    resourceServer,
    claims,
    issuedAtSeconds: iat,
    expiresAt: new Date(exp * 1000),
    ...(origin && { origin }),
  }
}
