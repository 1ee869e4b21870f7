/**
 * Token revocation (RFC 7009): a client ends a token of its own before it expires. A JWT is revoked like any other: its
 * `jti` is kept until it expires, and introspection, the status list and the management API ask for it.
 */
import { OAuthError } from '../../domain/errors.ts'
import type { Revocation } from '../../domain/revocation.ts'
import type { TenantId } from '../../domain/tenant.ts'
import { isEncryptedToken } from '../../keys/issued-token/token-encryption.ts'
import type { AuthenticateClient } from '../client-authentication/authenticate-client.ts'
import type { ProvenClient } from '../client-authentication/proven-client.ts'
import type { IncomingTokenRequest } from '../exchange.ts'
import type { FindToken, FoundToken } from './find-token.ts'
import { parsePresentedToken } from './presented-token.ts'

export interface RevokeTokenDeps {
  readonly authenticateClient: AuthenticateClient
  readonly findToken: FindToken
  readonly now: () => Date
}

export interface RevocationRequest {
  readonly owner: ProvenClient
  /** To be put on disk before the answer leaves; undefined when there is nothing to end (RFC 7009 §2.2). */
  readonly revocation: Revocation | undefined
  /** What the client is told instead, although it was proven, and its proof used. */
  readonly refusal?: OAuthError
}

/** @throws OAuthError from the function. */
export type RevokeToken = (incoming: IncomingTokenRequest) => Promise<RevocationRequest>

export function createRevokeToken({ authenticateClient, findToken, now }: RevokeTokenDeps): RevokeToken {
  return async function revokeToken(incoming) {
    const { credentials, token } = parsePresentedToken(incoming.raw)
    const owner = await authenticateClient(incoming, credentials)
    // Only its API can open it, so nobody here knows which token is inside.
    if (isEncryptedToken(token)) return { owner, revocation: undefined, refusal: encryptedToken() }
    const found = await findToken(incoming, token)
    if (found === undefined) return { owner, revocation: undefined }
    // RFC 7009 §2.1: the token of another client is refused, and its bearer told so.
    if (found.clientId !== owner.client.id) {
      const refusal = new OAuthError('unauthorized_client', 'The token was issued to another client.')
      return { owner, revocation: undefined, refusal }
    }
    return { owner, revocation: revocationOf(incoming.tenant.id, found, now()) }
  }
}

function encryptedToken(): OAuthError {
  return new OAuthError(
    'unsupported_token_type',
    'An encrypted token cannot be read here; have it revoked by its jti, or by its client, through the management API.',
  )
}

function revocationOf(
  tenantId: TenantId,
  { jti, expiresAt }: FoundToken,
  revokedAt: Date,
): Revocation | undefined {
  return jti && { tenantId, subject: { kind: 'token', jti }, revokedAt, expiresAt }
}
