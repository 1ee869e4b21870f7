/** A client that proves itself with the certificate of its connection (RFC 8705 §2). */
import { type Client, type ClientStore, parseClientId } from '../domain/client.ts'
import {
  type ClientCredential,
  type ClientCredentialStore,
  expiryInWords,
  hasExpired,
} from '../domain/client-credential.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { ClientCertificates, PresentedCertificate } from '../keys/client-certificate.ts'
import { certificateRefused } from './client-refusals.ts'
import type { ProvenClient } from './proven-client.ts'
import { isRegisteredFor, whyNotProven } from './registered-method.ts'

export interface ProveByCertificateDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly clientCredentials: Pick<ClientCredentialStore, 'list'>
  readonly clientCertificates: ClientCertificates
  readonly now: () => Date
}

/** @throws OAuthError `invalid_client`, in the same words whatever is wrong. */
export async function proveByCertificate(
  deps: ProveByCertificateDeps,
  { tenantId, clientId }: { readonly tenantId: TenantId; readonly clientId: string },
  presented: PresentedCertificate,
): Promise<ProvenClient> {
  const id = parseClientId(clientId)
  const client = id && (await deps.clients.find(tenantId, id))
  // Read in any case, so that the time of a refusal does not tell whether there is such a client.
  const credentials = id ? await deps.clientCredentials.list(tenantId, id) : []
  const fault = await faultOf(deps, client, credentials, presented)
  const reason = whyNotProven(client, 'certificate', fault)
  if (!client || reason !== undefined) throw certificateRefused(reason)
  return { client }
}

/** Of the last of the client's credentials, where none of them is met. */
async function faultOf(
  { clientCertificates, now }: ProveByCertificateDeps,
  client: Client | undefined,
  credentials: readonly ClientCredential[],
  presented: PresentedCertificate,
): Promise<string | undefined> {
  let fault: string | undefined
  let expired: ClientCredential | undefined
  if (client && isRegisteredFor(client, 'certificate')) {
    for (const credential of credentials) {
      const isActive = client.activeCredentialIds.includes(credential.id)
      if (!isActive || credential.type === 'public_key') continue
      if (hasExpired(credential, now())) {
        expired = credential
        continue
      }
      fault = await clientCertificates.faultOf(presented, credential, now())
      if (fault === undefined) return undefined
    }
  }
  if (fault !== undefined) return fault
  clientCertificates.checkInVain(presented)
  return expired ? expiryInWords(expired) : 'The client has no credential that counts.'
}
