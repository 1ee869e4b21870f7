/**
 * The claims of an access token in each dialect (RFC 9068 §2.2 for `rfc9068_profile`), signed, and encrypted where
 * the API asks for it. A dialect is a shape of the token; its `_authz` form repeats the scopes as the list
 * `permissions`.
 */
import type { Client } from '../domain/client.ts'
import { type Confirmation, confirmationClaim } from '../domain/confirmation.ts'
import type { OpaqueToken, StatusPlace, TokenId } from '../domain/issued-token.ts'
import type { Issuer } from '../domain/issuer.ts'
import type { ResourceServer, Scope } from '../domain/resource-server.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { ApiSigningSecrets } from '../keys/issued-token/api-signing-secret.ts'
import type { EncryptToken } from '../keys/issued-token/token-encryption.ts'
import type { TokenType } from '../keys/issued-token/token-signature.ts'
import type { SigningKeyRing } from '../keys/signing-key/signing-key-ring.ts'
import type { Claims } from '../rules/claims.ts'
import type { OpaqueTokens } from './opaque-tokens.ts'
import { statusListUrl } from './status-list/status-list-url.ts'

export interface AccessTokenContent {
  readonly tenantId: TenantId
  readonly issuer: Issuer
  readonly client: Client
  readonly resourceServer: ResourceServer
  /** The audience as it stands in `aud`: for the management API it follows the settings. */
  readonly audience: string
  readonly scopes: readonly Scope[]
  readonly lifetimeSeconds: number
  /** What the token is bound to; undefined: a bearer token. */
  readonly confirmation: Confirmation | undefined
  /** What rules set; a standard claim always wins over them. */
  readonly customClaims: Claims
  readonly jti: TokenId
  readonly issuedAt: Date
  /** Its place in a published status list. */
  readonly statusPlace: StatusPlace | undefined
}

export interface AccessToken {
  /**
   * What the client gets: a JWT, encrypted where the API asks for it, or an opaque text whose claims are kept here.
   */
  readonly text: string
  readonly jti: TokenId
  readonly issuedAt: Date
  readonly expiresInSeconds: number
  readonly scopes: readonly Scope[]
  readonly statusPlace: StatusPlace | undefined
  readonly opaque: OpaqueToken | undefined
}

export type SignAccessToken = (content: AccessTokenContent) => Promise<AccessToken>

export interface SignAccessTokenDeps {
  readonly ring: Pick<SigningKeyRing, 'sign'>
  readonly apiSecrets: Pick<ApiSigningSecrets, 'sign'>
  readonly encryptToken: EncryptToken
  readonly opaqueTokens: Pick<OpaqueTokens, 'issue'>
}

export function createSignAccessToken(deps: SignAccessTokenDeps): SignAccessToken {
  return async function signAccessToken(content) {
    const { resourceServer, jti, issuedAt, scopes, statusPlace } = content
    const shape = shapeOf(resourceServer)
    const claims = { ...content.customClaims, ...standardClaims(content, shape) }
    const { text, opaque } =
      resourceServer.tokenFormat === 'opaque'
        ? deps.opaqueTokens.issue(content, claims)
        : { text: await signJwt(deps, content, { typ: typeOf(shape) }, claims), opaque: undefined }
    const { lifetimeSeconds: expiresInSeconds } = content
    return { text, jti, issuedAt, expiresInSeconds, scopes, statusPlace, opaque }
  }
}

async function signJwt(
  { ring, apiSecrets, encryptToken }: SignAccessTokenDeps,
  { tenantId, resourceServer }: AccessTokenContent,
  header: { typ: TokenType },
  claims: Claims,
): Promise<string> {
  const { signing, tokenEncryption } = resourceServer
  const jws =
    signing.algorithm === 'HS256'
      ? apiSecrets.sign(resourceServer, signing.encryptedSecret, header, claims)
      : await ring.sign(tenantId, signing.algorithm, header, claims)
  return tokenEncryption ? encryptToken(jws, header.typ, tokenEncryption) : jws
}

interface Shape {
  readonly isRfc9068: boolean
  readonly tellsPermissions: boolean
}

function shapeOf({ tokenDialect, enforcePolicies }: ResourceServer): Shape {
  return {
    isRfc9068: tokenDialect.startsWith('rfc9068_profile'),
    // An API that does not enforce policies gets the plain dialect, whichever it chose.
    tellsPermissions: tokenDialect.endsWith('_authz') && enforcePolicies === true,
  }
}

function typeOf({ isRfc9068 }: Shape): TokenType {
  return isRfc9068 ? 'at+jwt' : 'JWT'
}

function standardClaims(content: AccessTokenContent, shape: Shape) {
  const { client, scopes, confirmation, issuer, statusPlace } = content
  const iat = Math.floor(content.issuedAt.getTime() / 1000)
  const common = {
    iss: issuer.issuer,
    sub: `${client.id}@clients`,
    aud: content.audience,
    iat,
    exp: iat + content.lifetimeSeconds,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    jti: content.jti,
    ...(confirmation && { cnf: confirmationClaim(confirmation) }),
    ...(statusPlace && { status: statusClaim(issuer, statusPlace) }),
    ...(shape.tellsPermissions && { permissions: scopes }),
  }
  return shape.isRfc9068
    ? { ...common, client_id: client.id }
    : { ...common, azp: client.id, gty: 'client-credentials' }
}

/** Token Status List, "Referenced Token in JOSE". */
function statusClaim(issuer: Issuer, { listId, index }: StatusPlace) {
  return { status_list: { idx: index, uri: statusListUrl(issuer, listId) } }
}
