/** What a token is bound to and signed with, where its client or its tenant is held to more than the RFCs oblige. */
import type { Client } from '../../domain/client.ts'
import { OAuthError } from '../../domain/errors.ts'
import type { ResourceServer, TokenSigning } from '../../domain/resource-server.ts'
import { demandsOn, fapiAlgorithmsInWords, signingUnder } from '../../domain/security-demands.ts'
import type { Exchange } from '../exchange.ts'
import { requiredConfirmation } from './required-confirmation.ts'

/**
 * Settled before any rule runs, so that a request without the proof it needs costs little. Sets the confirmation of
 * the exchange, and returns what the token is to be signed with.
 * @throws OAuthError `invalid_target`, or what a missing proof is answered with.
 */
export function bindToken(exchange: Exchange, client: Client, resourceServer: ResourceServer): TokenSigning {
  const demands = demandsOn(client, exchange.incoming.tenant, resourceServer.isSystem)
  const signing = demands ? signingUnder(resourceServer) : resourceServer.signing
  if (!signing) {
    throw new OAuthError(
      'invalid_target',
      `The tokens of this API are signed with ${resourceServer.signing.algorithm}, which ${demands?.name} excludes; its signing_alg must be ${fapiAlgorithmsInWords}.`,
    )
  }
  const parties = { client, resourceServer, demands }
  const confirmation = requiredConfirmation(parties, exchange.provenKeys ?? {})
  if (confirmation) exchange.confirmation = confirmation
  return signing
}
