/** Whether an assertion is signed with one of the credentials that its client may use now. */
import type { Client } from '../domain/client.ts'
import { type ClientCredential, hasExpired } from '../domain/client-credential.ts'
import type { AssertionSignatures } from '../keys/assertion-signature.ts'
import type { ClientAssertion } from './client-assertion.ts'

/** `credentials` are all of the client's. Without one that fits, or without a client, the same work is done in vain. */
export type VerifyAssertion = (
  assertion: ClientAssertion,
  client: Client | undefined,
  credentials: readonly ClientCredential[],
  now: Date,
) => Promise<boolean>

export function createVerifyAssertion(signatures: AssertionSignatures): VerifyAssertion {
  return async function verifyAssertion(assertion, client, credentials, now) {
    const { jwt, algorithm } = assertion
    const usable = client ? usableCredentials(assertion, client, credentials, now) : []
    if (usable.length === 0) await signatures.checkInVain(jwt, algorithm)
    for (const { publicJwk } of usable) {
      if (await signatures.isSignedWith(jwt, algorithm, publicJwk)) return true
    }
    return false
  }
}

function usableCredentials(
  { algorithm, kid }: ClientAssertion,
  client: Client,
  credentials: readonly ClientCredential[],
  now: Date,
): readonly ClientCredential[] {
  if (client.tokenEndpointAuthMethod !== 'private_key_jwt') return []
  return credentials.filter(
    (credential) =>
      client.activeCredentialIds.includes(credential.id) &&
      !hasExpired(credential, now) &&
      credential.algorithm === algorithm &&
      (kid === undefined || credential.kid === kid),
  )
}
