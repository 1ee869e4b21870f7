/**
 * Whether a client proved itself in the way that it is registered for. A secret may come in the body or by Basic,
 * whichever the client was made for; every other method is exact (RFC 6749 §2.3).
 */
import { type Client, certificateAuthMethods, type TokenEndpointAuthMethod } from '../../domain/client.ts'

/** What a request presented. */
export type PresentedProof = 'id_alone' | 'secret' | 'assertion' | 'certificate' | 'federated_token'

const methodsOf: { readonly [Proof in PresentedProof]: readonly TokenEndpointAuthMethod[] } = {
  // A client that should have sent its secret.
  id_alone: ['client_secret_post', 'client_secret_basic'],
  secret: ['client_secret_post', 'client_secret_basic'],
  assertion: ['private_key_jwt'],
  certificate: certificateAuthMethods,
  federated_token: ['federated_jwt'],
}

const nameOf: { readonly [Proof in PresentedProof]: string } = {
  id_alone: 'its id alone',
  secret: 'a secret',
  assertion: 'assertions',
  certificate: 'a certificate',
  federated_token: "another issuer's tokens",
}

export function isRegisteredFor({ tokenEndpointAuthMethod }: Client, proof: PresentedProof): boolean {
  return methodsOf[proof].includes(tokenEndpointAuthMethod)
}

/**
 * Why the client is not proven, for the operator's log alone; undefined when it is. `fault` is what is wrong with the
 * proof itself, which is told before the client is called disabled.
 */
export function whyNotProven(
  client: Client | undefined,
  proof: PresentedProof,
  fault: string | undefined,
): string | undefined {
  if (!client) return 'There is no such client.'
  if (!isRegisteredFor(client, proof)) {
    // Where a proxy forgot to pass it on, this is what the operator finds.
    const missing = isRegisteredFor(client, 'certificate') ? ', and no certificate came with the request' : ''
    return `The client does not authenticate with ${nameOf[proof]}; its method is ${client.tokenEndpointAuthMethod}${proof === 'id_alone' ? missing : ''}.`
  }
  if (fault !== undefined) return fault
  return client.enabled ? undefined : 'The client is disabled.'
}
