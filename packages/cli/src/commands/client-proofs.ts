/**
 * Everything that a client authenticates with, or could: its secrets, keys, certificates and names, and trusted
 * issuers.
 */
import { type Connection, ManagementApiError } from '@tallystick/management-api/connect'
import type { ClientCredential } from '@tallystick/management-api/contract/client-credentials'
import type { ClientSecret } from '@tallystick/management-api/contract/client-secrets'
import type { Client } from '@tallystick/management-api/contract/clients'
import type { TrustedIssuer } from '@tallystick/management-api/contract/trusted-issuers'
import { type Column, formatTable } from '../table.ts'
import { endOf, holderOf } from './client-credential-details.ts'

export interface Proof {
  readonly type: 'client_secret' | ClientCredential['credential_type'] | 'jwks_uri' | 'trusted_issuer'
  /** Of the secret, credential or trusted issuer; a `jwks_uri` has none. */
  readonly id?: string
  /** What it is recognised by. */
  readonly of: string
  /** Whether the client could authenticate with it now. */
  readonly counts: boolean
  /** Of a name, the end of the last of its authorities at the latest. */
  readonly expires_at?: string
}

export interface ClientProofs {
  readonly proofs: readonly Proof[]
  /** Scopes that would show more. */
  readonly missing_scopes: readonly string[]
}

type Source = Pick<Connection, 'clientSecrets' | 'clientCredentials' | 'trustedIssuers'>

export async function readProofs(connection: Source, client: Client, now: Date): Promise<ClientProofs> {
  const { client_id: id } = client
  const missing: string[] = []
  const secrets = await readable(connection.clientSecrets.list(id), 'read:client_keys', missing)
  const credentials = await readable(
    connection.clientCredentials.list(id),
    'read:client_credentials',
    missing,
  )
  const issuers = await readable(connection.trustedIssuers.list(), 'read:trusted_issuers', missing)
  const published = client.client_authentication_methods?.private_key_jwt?.jwks_uri
  const proofs = [
    ...secrets.map((secret) => proofBySecret(secret, client)),
    ...credentials.map((credential) => proofByCredential(credential, client)),
    ...(published === undefined ? [] : [{ type: 'jwks_uri', of: published, counts: true } as const]),
    ...issuers.flatMap((issuer) => proofsByIssuer(issuer, client)),
  ].map((proof) => ({ ...proof, counts: proof.counts && client.enabled && !hasEnded(proof, now) }))
  return { proofs, missing_scopes: missing }
}

/** For what the signed-in client may not read: nothing, and the scope that it lacks. */
async function readable<Item>(
  items: Promise<readonly Item[]>,
  scope: string,
  missing: string[],
): Promise<readonly Item[]> {
  try {
    return await items
  } catch (error) {
    if (!(error instanceof ManagementApiError && error.code === 'insufficient_scope')) throw error
    missing.push(scope)
    return []
  }
}

function proofBySecret({ id, name, expires_at }: ClientSecret, client: Client): Proof {
  const method = client.token_endpoint_auth_method
  const counts = method === 'client_secret_post' || method === 'client_secret_basic'
  return { type: 'client_secret', id, of: name ?? '', counts, ...(expires_at && { expires_at }) }
}

function proofByCredential(credential: ClientCredential, client: Client): Proof {
  const { id, credential_type: type } = credential
  const expires_at = endOf(credential)
  const named = Object.values(client.client_authentication_methods ?? {}).flatMap(
    (method) => method?.credentials ?? [],
  )
  const counts = named.some((one) => one.id === id)
  return { type, id, of: holderOf(credential), counts, ...(expires_at && { expires_at }) }
}

/** Its matches that give a token to this client; with a trust rule, which names clients itself, perhaps more. */
function proofsByIssuer(
  { id, issuer, matches, trust_rule }: TrustedIssuer,
  { client_id, token_endpoint_auth_method }: Client,
): Proof[] {
  const counts = token_endpoint_auth_method === 'federated_jwt'
  const ofMatches = matches
    .filter((match) => match.client_id === client_id)
    .map(({ sub, claims }) => {
      const parts = [...(sub === undefined ? [] : [sub]), ...(claims ? [JSON.stringify(claims)] : [])]
      return `${issuer} ${parts.join(' ')}`
    })
  const ofRule = trust_rule !== null && counts ? [`${issuer} where its trust rule says so`] : []
  return [...ofMatches, ...ofRule].map((of) => ({ type: 'trusted_issuer', id, of, counts }))
}

function hasEnded({ expires_at }: Proof, now: Date): boolean {
  return expires_at !== undefined && Date.parse(expires_at) <= now.getTime()
}

const columns: readonly Column<Proof>[] = [
  { title: 'Proof', cell: ({ type }) => type },
  { title: 'Id', cell: ({ id = '' }) => id },
  { title: 'Counts', cell: ({ counts }) => (counts ? 'yes' : 'no') },
  { title: 'Expires', cell: ({ expires_at = 'never' }) => expires_at },
  { title: 'Of', cell: ({ of }) => of, shrinks: true },
]

/** Below the details of the client. */
export function proofLines({ proofs, missing_scopes }: ClientProofs, lineWidth: number): string[] {
  const table =
    proofs.length === 0 ? ['Nothing proves this client.'] : formatTable(columns, proofs, lineWidth)
  const unread = missing_scopes.length === 0 ? [] : [`Not shown, for want of: ${missing_scopes.join(', ')}`]
  return ['', ...(proofs.length === 0 && unread.length > 0 ? [] : table), ...unread]
}
