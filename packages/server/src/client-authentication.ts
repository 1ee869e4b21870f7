/** How clients prove themselves, put together: the same at each endpoint that asks them to. */

import { createClientCertificates } from './keys/certificate/client-certificate.ts'
import { createAssertionSignatures } from './keys/public-key/assertion-signature.ts'
import type { ClientKey } from './keys/public-key/client-key-set.ts'
import type { RemoteKeySets } from './keys/public-key/remote-key-set.ts'
import type { Rooms } from './rooms.ts'
import {
  type AuthenticateClient,
  createAuthenticateClient,
} from './token/client-authentication/authenticate-client.ts'
import { createFailedAttempts } from './token/client-authentication/failed-attempts.ts'
import type { ProveByFederationDeps } from './token/client-authentication/prove-by-federation.ts'
import { createVerifyAssertion } from './token/client-authentication/verify-assertion.ts'

export function createClientAuthentication(
  { storage, hashing }: Pick<Rooms, 'storage' | 'hashing'>,
  workloadTrust: ProveByFederationDeps,
  clientKeySets: Pick<RemoteKeySets<ClientKey>, 'keysOf'>,
  now: () => Date,
): AuthenticateClient {
  const { clients, clientCredentials, spentProofs } = storage
  return createAuthenticateClient({
    ...workloadTrust,
    clients,
    spentProofs,
    hashing,
    clientCredentials,
    clientCertificates: createClientCertificates(),
    verifyAssertion: createVerifyAssertion({
      clientCredentials,
      clientKeySets,
      signatures: createAssertionSignatures(),
    }),
    // One count for all endpoints: whoever guesses has no more tries for knowing three of them.
    failedAttempts: createFailedAttempts(now),
    now,
  })
}
