/**
 * Token introspection (RFC 7662): what a token means, told to the API that it is for and to nobody else. Everyone else,
 * and the API itself of a token that does not count, is told `active: false` and not why (§2.2).
 */
import { resourceServerOf } from '../domain/client.ts'
import type { AuthenticateClient } from './authenticate-client.ts'
import type { IncomingTokenRequest } from './exchange.ts'
import type { FindToken, FoundToken } from './find-token.ts'
import type { IsRevoked } from './is-revoked.ts'
import type { MayHoldTokens } from './may-hold-tokens.ts'
import { parsePresentedToken } from './presented-token.ts'
import type { ProvenClient } from './proven-client.ts'

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
    const isTold =
      found !== undefined && isOwnApi(asker, found) && (await isGood(deps, incoming.tenant.id, found))
    return { asker, answer: isTold ? described(found) : inactive }
  }
}

// The management API takes care of its own tokens.
function isOwnApi({ client }: ProvenClient, { resourceServer }: FoundToken): boolean {
  return !resourceServer.isSystem && resourceServerOf(client) === resourceServer.identifier
}

async function isGood(
  { isRevoked, mayHoldTokens }: IntrospectTokenDeps,
  tenantId: IncomingTokenRequest['tenant']['id'],
  found: FoundToken,
): Promise<boolean> {
  const isEntitled = await mayHoldTokens(found.clientId, found.resourceServer)
  return isEntitled && !(await isRevoked({ ...found, tenantId, isForManagement: false }))
}

function described({ claims, clientId }: FoundToken): Introspection['answer'] {
  const isBoundByDpop = typeof claims.cnf === 'object' && claims.cnf !== null && 'jkt' in claims.cnf
  // Last, so that no claim of a rule can stand in the place of what the answer says of the token.
  return {
    ...claims,
    active: true,
    client_id: clientId,
    token_type: isBoundByDpop ? 'DPoP' : 'Bearer',
  }
}
