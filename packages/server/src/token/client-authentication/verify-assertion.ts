/**
 * Whether an assertion is signed with a key that its client may use now: one of its credentials, or one that it
 * publishes.
 */
import type { Client } from '../../domain/client.ts'
import {
  type ClientCredential,
  type ClientCredentialStore,
  type ClientPublicJwk,
  expiryInWords,
  hasExpired,
  maxClientCredentials,
  type PublicKeyCredential,
} from '../../domain/client-credential.ts'
import type { AssertionSignatures } from '../../keys/public-key/assertion-signature.ts'
import type { ClientKey } from '../../keys/public-key/client-key-set.ts'
import type { RemoteKeySets } from '../../keys/public-key/remote-key-set.ts'
import type { ClientAssertion } from './client-assertion.ts'
import { isRegisteredFor } from './registered-method.ts'

export interface VerifyAssertionDeps {
  readonly clientCredentials: Pick<ClientCredentialStore, 'list'>
  readonly clientKeySets: Pick<RemoteKeySets<ClientKey>, 'keysOf'>
  readonly signatures: AssertionSignatures
}

export interface VerifiedAssertion {
  /** Why it is not, for the operator; undefined when it is. */
  readonly fault: string | undefined
  /** Whose key signed it, where that is kept here. */
  readonly credential?: PublicKeyCredential
}

/** Without a client or a fitting key the same work is done anyway, so that its time tells nothing. */
export type VerifyAssertion = (
  assertion: ClientAssertion,
  client: Client | undefined,
  now: Date,
) => Promise<VerifiedAssertion>

export function createVerifyAssertion(deps: VerifyAssertionDeps): VerifyAssertion {
  return async function verifyAssertion(assertion, client, now) {
    const { signed, algorithm } = assertion
    const { keys, fault } = client ? await fittingKeys(deps, assertion, client, now) : noClient
    const signer = keys.find(({ publicJwk }) => deps.signatures.isSignedWith(signed, algorithm, publicJwk))
    if (signer) return { fault: undefined, ...(signer.credential && { credential: signer.credential }) }
    for (let tried = keys.length; tried < mostKeys(assertion); tried += 1) {
      deps.signatures.checkInVain(signed, algorithm)
    }
    return { fault }
  }
}

/** That any client can have for such an assertion: as many are tried for all. */
function mostKeys({ kid }: ClientAssertion): number {
  return kid === undefined ? maxClientCredentials : 1
}

interface Candidate {
  readonly publicJwk: ClientPublicJwk
  /** Undefined of a key that the client publishes. */
  readonly credential?: PublicKeyCredential
}

interface Candidates {
  readonly keys: readonly Candidate[]
  /** Why the assertion is not signed, should none of the keys have signed it. */
  readonly fault: string
}

const noClient: Candidates = { keys: [], fault: 'There is no such client.' }

// Nothing is fetched for a client that could not prove itself anyway.
async function fittingKeys(
  deps: VerifyAssertionDeps,
  assertion: ClientAssertion,
  client: Client,
  now: Date,
): Promise<Candidates> {
  if (!isRegisteredFor(client, 'assertion')) return { keys: [], fault: 'The client has another method.' }
  if (client.jwksUri !== undefined && !client.enabled) return { keys: [], fault: 'The client is disabled.' }
  if (client.jwksUri !== undefined) return publishedKeys(deps, assertion, client, client.jwksUri)
  const credentials = await deps.clientCredentials.list(client.tenantId, client.id)
  const fitting = credentials.filter((credential): credential is PublicKeyCredential =>
    isFitting(credential, assertion, client),
  )
  const usable = fitting.filter((credential) => !hasExpired(credential, now))
  const [expired] = fitting.filter((credential) => hasExpired(credential, now))
  return {
    keys: usable.map((credential) => ({ publicJwk: credential.publicJwk, credential })),
    fault:
      usable.length === 0 && expired
        ? expiryInWords(expired)
        : 'The assertion is not signed with an active credential of the client that has its kid and alg.',
  }
}

function isFitting(
  credential: ClientCredential,
  { algorithm, kid }: ClientAssertion,
  { activeCredentialIds }: Client,
): boolean {
  return (
    credential.type === 'public_key' &&
    activeCredentialIds.includes(credential.id) &&
    credential.algorithm === algorithm &&
    (kid === undefined || credential.kid === kid)
  )
}

async function publishedKeys(
  { clientKeySets }: VerifyAssertionDeps,
  { algorithm, kid }: ClientAssertion,
  { tenantId }: Client,
  jwksUri: string,
): Promise<Candidates> {
  const found = await clientKeySets.keysOf(
    { tenantId, name: jwksUri },
    // A key of that kid for another algorithm will not change: fetching the set again would not help.
    (key) => (kid === undefined ? key.algorithms.includes(algorithm) : key.kid === kid),
  )
  if (found.kind === 'unavailable') {
    return { keys: [], fault: `The keys of the client could not be fetched. ${found.why}` }
  }
  // OpenID Connect Core 1.0 §10.1: among several keys the assertion names the one. Trying them all would let anyone
  // have many signatures checked.
  const keys = found.keys.filter(({ algorithms }) => algorithms.includes(algorithm))
  if (kid === undefined && keys.length > 1) {
    return {
      keys: [],
      fault: 'The key set of the client has several keys for this alg, and the assertion names none.',
    }
  }
  return {
    keys: keys.map(({ publicJwk }) => ({ publicJwk })),
    fault: 'The assertion is not signed with a key of the client’s set that has its kid and alg.',
  }
}
