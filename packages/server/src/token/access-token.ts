/** The claims of an access token in each dialect, signed (RFC 9068 §2.2 for `rfc9068_profile`). */
import type { Client } from '../domain/client.ts'
import type { ResourceServer, Scope } from '../domain/resource-server.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { SigningKeyRing } from '../keys/signing-key-ring.ts'
import type { Claims } from '../rules/claims.ts'

export interface AccessTokenContent {
  readonly tenantId: TenantId
  readonly issuer: string
  readonly client: Client
  readonly resourceServer: ResourceServer
  /** The audience as it stands in `aud`: for the management API it follows the settings. */
  readonly audience: string
  readonly scopes: readonly Scope[]
  /** What rules set; a standard claim always wins over them. */
  readonly customClaims: Claims
  readonly jti: string
  readonly issuedAt: Date
}

export interface AccessToken {
  readonly jwt: string
  readonly jti: string
  readonly expiresInSeconds: number
  readonly scopes: readonly Scope[]
}

export type SignAccessToken = (content: AccessTokenContent) => Promise<AccessToken>

export function createSignAccessToken(ring: Pick<SigningKeyRing, 'sign'>): SignAccessToken {
  return async function signAccessToken(content) {
    const { resourceServer, jti, scopes } = content
    const typ = resourceServer.tokenDialect === 'rfc9068_profile' ? 'at+jwt' : 'JWT'
    const claims = { ...content.customClaims, ...standardClaims(content) }
    const jwt = await ring.sign(content.tenantId, resourceServer.signingAlgorithm, { typ }, claims)
    return { jwt, jti, expiresInSeconds: resourceServer.tokenLifetimeSeconds, scopes }
  }
}

function standardClaims(content: AccessTokenContent) {
  const { client, resourceServer, scopes } = content
  const iat = Math.floor(content.issuedAt.getTime() / 1000)
  const common = {
    iss: content.issuer,
    sub: `${client.id}@clients`,
    aud: content.audience,
    iat,
    exp: iat + resourceServer.tokenLifetimeSeconds,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    jti: content.jti,
  }
  return resourceServer.tokenDialect === 'rfc9068_profile'
    ? { ...common, client_id: client.id }
    : { ...common, azp: client.id, gty: 'client-credentials' }
}
