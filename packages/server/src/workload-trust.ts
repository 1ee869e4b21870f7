/** Trust in other issuers, put together: what the token endpoint and the explanation of a token both go by. */
import { createIssuerKeys } from './keys/public-key/issuer-keys.ts'
import { newSeed } from './keys/secret/random-id.ts'
import type { FetchDocument } from './outbound/fetch-document.ts'
import type { Rooms } from './rooms.ts'
import { createRunTrustRule } from './rules/run-trust-rule.ts'
import type { ProveByFederationDeps } from './token/client-authentication/prove-by-federation.ts'

export function createWorkloadTrust(
  { storage, sandbox }: Pick<Rooms, 'storage' | 'sandbox'>,
  fetchDocument: FetchDocument,
  now: () => Date,
): ProveByFederationDeps {
  return {
    clients: storage.clients,
    spentProofs: storage.spentProofs,
    trustedIssuers: storage.trustedIssuers,
    // One for both, so that an explanation meets the keys that a request would meet.
    issuerKeys: createIssuerKeys({ fetchDocument, now }),
    runTrustRule: createRunTrustRule({ sandbox, newSeed }),
    now,
  }
}
