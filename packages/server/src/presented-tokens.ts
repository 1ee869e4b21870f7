/** What answers questions about tokens that somebody holds, made from the rooms. */
import type { Storage } from './domain/storage.ts'
import type { PresentedTokenDeps } from './http/presented-token-endpoints.ts'
import type { ApiSigningSecrets } from './keys/issued-token/api-signing-secret.ts'
import type { SigningKeyRing } from './keys/signing-key/signing-key-ring.ts'
import type { AuthenticateClient } from './token/client-authentication/authenticate-client.ts'
import type { OpaqueTokens } from './token/opaque-tokens.ts'
import { createFindToken, type FindToken } from './token/presented-token/find-token.ts'
import { createIntrospectToken } from './token/presented-token/introspect-token.ts'
import type { IsRevoked } from './token/presented-token/is-revoked.ts'
import { createMayHoldTokens } from './token/presented-token/may-hold-tokens.ts'
import { createRevokeToken } from './token/presented-token/revoke-token.ts'
import { createSignIntrospection } from './token/presented-token/signed-introspection.ts'
import { createStatusListContents } from './token/status-list/status-list-content.ts'
import { createStatusLists, type PublishStatusList } from './token/status-list/status-lists.ts'

export interface TokensInQuestion {
  readonly storage: Storage
  readonly ring: SigningKeyRing
  readonly apiSecrets: ApiSigningSecrets
  readonly opaqueTokens: OpaqueTokens
  readonly now: () => Date
}

export function findTokenOf({ storage, ...others }: TokensInQuestion): FindToken {
  const { issuedTokens, resourceServers } = storage
  return createFindToken({ issuedTokens, resourceServers, ...others })
}

export interface PresentedTokensSources extends Pick<TokensInQuestion, 'storage' | 'ring' | 'now'> {
  readonly findToken: FindToken
  readonly isRevoked: IsRevoked
}

export function presentedTokensOf(
  { storage, ring, now, findToken, isRevoked }: PresentedTokensSources,
  {
    authenticateClient,
    ...endpoint
  }: Pick<PresentedTokenDeps, 'record' | 'keep' | 'rateLimit' | 'noteSecretUse' | 'noticeEnding'> & {
    authenticateClient: AuthenticateClient
  },
): PresentedTokenDeps {
  const { resourceServers, revocations, spentProofs } = storage
  const mayHoldTokens = createMayHoldTokens(storage)
  return {
    ...endpoint,
    introspectToken: createIntrospectToken({ authenticateClient, findToken, isRevoked, mayHoldTokens }),
    signIntrospection: createSignIntrospection({ resourceServers, ring, now }),
    revokeToken: createRevokeToken({ authenticateClient, findToken, now }),
    revocations,
    spentProofs,
    now,
  }
}

export function statusListsOf({ storage, ring, now }: TokensInQuestion): PublishStatusList {
  const { issuedTokens, revocations, logEntries, resourceServers, changes } = storage
  const mayHoldTokens = createMayHoldTokens(storage)
  const contents = createStatusListContents({
    issuedTokens,
    revocations,
    logEntries,
    resourceServers,
    mayHoldTokens,
  })
  return createStatusLists({ contents, revocations, changes, ring, now })
}
