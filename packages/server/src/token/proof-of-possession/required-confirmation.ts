/**
 * What a token has to be bound to: what the client, the API and the tenant demand, held against the keys that the request
 * proved. The one place that decides it, whichever way a key was proven.
 */
import { type Client, usesCertificate } from '../../domain/client.ts'
import type { Confirmation } from '../../domain/confirmation.ts'
import { OAuthError } from '../../domain/errors.ts'
import {
  type BindingMechanism,
  bindingMechanisms,
  isBindingRequired,
  type ResourceServer,
} from '../../domain/resource-server.ts'
import type { SecurityDemands } from '../../domain/security-demands.ts'

/** Keys that whoever sent the request was seen to hold. */
export interface ProvenKeys {
  /** Of the key that signed its DPoP proof. */
  readonly jkt?: string
  /** Of the certificate that it came with. */
  readonly x5tS256?: string
}

export interface BindingParties {
  readonly client: Pick<Client, 'requiresProofOfPossession' | 'tokenEndpointAuthMethod'>
  readonly resourceServer: Pick<ResourceServer, 'proofOfPossession'>
  readonly demands: SecurityDemands | undefined
}

/**
 * Undefined: a bearer token, where nobody demands more.
 * @throws OAuthError `invalid_dpop_proof` or `invalid_request` when the request proves no key that would do.
 */
export function requiredConfirmation(parties: BindingParties, proven: ProvenKeys): Confirmation | undefined {
  const { mechanisms, isRequired } = demanded(parties)
  if (proven.jkt !== undefined) {
    // Never silently bound to something else: the client would believe that the token is bound to its DPoP key.
    if (!mechanisms.includes('dpop')) throw dpopNotTaken()
    return { kind: 'dpop', jkt: proven.jkt }
  }
  const { x5tS256 } = proven
  if (x5tS256 !== undefined && mechanisms.includes('mtls') && (isRequired || asksForCertificate(parties))) {
    return { kind: 'mtls', x5tS256 }
  }
  if (isRequired) throw proofMissing(mechanisms)
  return undefined
}

interface Demanded {
  /** With which the token may be bound; none where the demands exclude each other. */
  readonly mechanisms: readonly BindingMechanism[]
  readonly isRequired: boolean
}

function demanded({ client, resourceServer: { proofOfPossession }, demands }: BindingParties): Demanded {
  const required =
    proofOfPossession && isBindingRequired(proofOfPossession) ? [proofOfPossession.mechanism] : undefined
  const mechanisms = bindingMechanisms.filter(
    (one) => (required?.includes(one) ?? true) && (demands?.bindings.includes(one) ?? true),
  )
  const isRequired = required !== undefined || demands !== undefined || client.requiresProofOfPossession
  return { mechanisms, isRequired }
}

/** A certificate that merely came along, because a proxy asks everyone for one, binds nothing. */
function asksForCertificate({ client, resourceServer }: BindingParties): boolean {
  return (
    usesCertificate(client.tokenEndpointAuthMethod) || resourceServer.proofOfPossession?.mechanism === 'mtls'
  )
}

function dpopNotTaken(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'This token has to be bound to a client certificate; leave the DPoP proof out.',
  )
}

function proofMissing(mechanisms: readonly BindingMechanism[]): OAuthError {
  const [only, other] = mechanisms
  if (only === undefined) {
    return new OAuthError(
      'invalid_target',
      'This client and this API demand tokens bound in different ways, which no token can be.',
    )
  }
  if (other !== undefined) {
    return new OAuthError(
      'invalid_dpop_proof',
      'This token has to be bound to a key: send a DPoP proof, or come with a client certificate.',
    )
  }
  if (only === 'dpop') {
    return new OAuthError('invalid_dpop_proof', 'This token has to be bound to a key: send a DPoP proof.')
  }
  return new OAuthError(
    'invalid_request',
    'This token has to be bound to a client certificate; the request came without one.',
  )
}
