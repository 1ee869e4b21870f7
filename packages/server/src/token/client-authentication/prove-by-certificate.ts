/** A client that proves itself with the certificate of its connection (RFC 8705 §2). */
import { type Client, type ClientStore, parseClientId } from '../../domain/client.ts'
import {
  type CertificateCredential,
  type CertifiedNameCredential,
  type ClientCredentialStore,
  expiryInWords,
  hasExpired,
} from '../../domain/client-credential.ts'
import type { TenantId } from '../../domain/tenant.ts'
import type { ClientCertificates, PresentedCertificate } from '../../keys/certificate/client-certificate.ts'
import { certificateRefused } from './client-refusals.ts'
import type { ProvenClient } from './proven-client.ts'
import { isRegisteredFor, whyNotProven } from './registered-method.ts'

export interface ProveByCertificateDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly clientCredentials: Pick<ClientCredentialStore, 'list'>
  readonly clientCertificates: ClientCertificates
  readonly now: () => Date
}

/**
 * A refusal is sent no sooner than this, so that its time does not tell how much there was to check: a signature or
 * two for a client with a registered authority, nothing for a client that does not exist.
 */
const refusalMs = 50

/** @throws OAuthError `invalid_client`, in the same words and after the same time whatever is wrong. */
export async function proveByCertificate(
  deps: ProveByCertificateDeps,
  { tenantId, clientId }: { readonly tenantId: TenantId; readonly clientId: string },
  presented: PresentedCertificate,
): Promise<ProvenClient> {
  const { promise: time, resolve: pass } = Promise.withResolvers<void>()
  // Started before anything else: a timer counts from the turn of the event loop that it is made in.
  const timer = setTimeout(pass, refusalMs)
  const id = parseClientId(clientId)
  const client = id && (await deps.clients.find(tenantId, id))
  const { fault, credential } = await recognise(deps, client, presented)
  const reason = whyNotProven(client, 'certificate', fault)
  if (!client || !credential || reason !== undefined) {
    await time
    throw certificateRefused(reason)
  }
  clearTimeout(timer)
  return { client, usedCredential: credential }
}

type Registered = CertificateCredential | CertifiedNameCredential

/** The credential that the certificate is of, or what is wrong with it. */
async function recognise(
  deps: ProveByCertificateDeps,
  client: Client | undefined,
  presented: PresentedCertificate,
): Promise<{ readonly fault: string | undefined; readonly credential?: Registered }> {
  const at = deps.now()
  const active = client && isRegisteredFor(client, 'certificate') ? await activeCredentials(deps, client) : []
  const counting = active.filter((credential) => !hasExpired(credential, at))
  // Whoever has no credential that counts waits for the same library.
  let fault = counting.length > 0 ? undefined : await deps.clientCertificates.faultOf(presented, [], at)
  for (const credential of counting) {
    fault = await deps.clientCertificates.faultOf(presented, [credential], at)
    if (fault === undefined) return { fault, credential }
  }
  const expired = counting.length > 0 ? undefined : active.at(-1)
  return { fault: expired ? expiryInWords(expired) : fault }
}

async function activeCredentials(
  { clientCredentials }: ProveByCertificateDeps,
  { tenantId, id, activeCredentialIds }: Client,
): Promise<Registered[]> {
  const credentials = await clientCredentials.list(tenantId, id)
  return credentials
    .filter((credential) => credential.type !== 'public_key')
    .filter((credential) => activeCredentialIds.includes(credential.id))
}
