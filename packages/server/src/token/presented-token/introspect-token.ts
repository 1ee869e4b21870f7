/**
 * Token introspection (RFC 7662): what a token means, told to the API that it is for and to nobody else. Everyone else,
 * and the API itself of a token that does not count, is told `active: false` and not why (§2.2).
 */
import { resourceServerOf } from '../../domain/client.ts'
import type { ResourceServer } from '../../domain/resource-server.ts'
import type { AuthenticateClient } from '../client-authentication/authenticate-client.ts'
import type { ProvenClient } from '../client-authentication/proven-client.ts'
import type { IncomingTokenRequest } from '../exchange.ts'
import type { FindToken, FoundToken } from './find-token.ts'
import type { IsRevoked } from './is-revoked.ts'
import type { MayHoldTokens } from './may-hold-tokens.ts'
import { parsePresentedToken } from './presented-token.ts'

export interface IntrospectTokenDeps {
  readonly authenticateClient: AuthenticateClient
  readonly findToken: FindToken
  readonly isRevoked: IsRevoked
  readonly mayHoldTokens: MayHoldTokens
}

export interface Introspection {
  readonly asker: ProvenClient
  /** RFC 7662 §2.2. */
  readonly answer: { readonly active: boolean; readonly [claim: string]: unknown }
}

/** @throws OAuthError from the function, when whoever asks is not proven or asks for nothing. */
export type IntrospectToken = (incoming: IncomingTokenRequest) => Promise<Introspection>

const inactive = { active: false }

export function createIntrospectToken(deps: IntrospectTokenDeps): IntrospectToken {
  return async function introspectToken(incoming) {
    const { credentials, token } = parsePresentedToken(incoming.raw)
    const asker = await deps.authenticateClient(incoming, credentials)
    const found = await deps.findToken(incoming, token)
    const api = found?.resourceServer
    const isTold = found && api && isOwn(api, asker) && (await isGood(deps, api, found))
    return { asker, answer: isTold ? described(found) : inactive }
  }
}

// The management API takes care of its own tokens.
function isOwn({ isSystem, identifier }: ResourceServer, { client }: ProvenClient): boolean {
  return !isSystem && resourceServerOf(client) === identifier
}

async function isGood(
  { isRevoked, mayHoldTokens }: IntrospectTokenDeps,
  api: ResourceServer,
  found: FoundToken,
): Promise<boolean> {
  const isEntitled = await mayHoldTokens(found.clientId, api)
  return isEntitled && !(await isRevoked({ ...found, tenantId: api.tenantId, isForManagement: false }))
}

function described({ claims, clientId }: FoundToken): Introspection['answer'] {
  const isBoundByDpop = typeof claims.cnf === 'object' && claims.cnf !== null && 'jkt' in claims.cnf
  // Last, so that no claim of a rule can replace what the answer itself says of the token.
  return {
    ...claims,
    active: true,
    client_id: clientId,
    token_type: isBoundByDpop ? 'DPoP' : 'Bearer',
  }
}
