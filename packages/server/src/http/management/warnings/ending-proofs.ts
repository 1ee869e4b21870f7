/** Secrets and credentials that end soon, and those with which the last that proved a client has ended. */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { maxWarnings, type Warning } from '@tallystick/management-api/contract/warnings'
import { type Client, type ClientId, type ClientStore, usesSecret } from '../../../domain/client.ts'
import type { CertifiedNameCredential, ClientCredentialStore } from '../../../domain/client-credential.ts'
import { type ClientSecretStore, expiredSecretRetentionDays } from '../../../domain/client-secret.ts'
import { type EndingProof, proofInWords } from '../../../domain/ending-proof.ts'
import type { Span } from '../../../domain/span.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { EndOfCredential } from '../../../keys/certificate/credential-end.ts'

export interface ProofsDeps {
  readonly clients: Pick<ClientStore, 'find'>
  readonly clientSecrets: Pick<ClientSecretStore, 'list' | 'listEnding'>
  readonly clientCredentials: Pick<ClientCredentialStore, 'list' | 'listEnding' | 'listCertifiedNames'>
  readonly endOfCredential: EndOfCredential
}

const dayMs = 86_400_000
/**
 * Of each kind, the soonest first: many more than are told, since most of what has ended was replaced, or its client is
 * disabled.
 */
const maxExamined = 10_000
/** Read in one go; nobody else is served meanwhile. */
const perTurn = 50

/** Up to `maxWarnings`, the soonest first. */
export async function endingProofs(
  deps: ProofsDeps,
  tenantId: TenantId,
  now: Date,
  until: Date,
): Promise<Warning[]> {
  // As long as an expired secret is kept, so that the credentials that ended are told of for as long.
  const span = { from: new Date(now.getTime() - expiredSecretRetentionDays * dayMs), until }
  const found: (readonly [end: number, warning: Warning])[] = []
  let read = 0
  for (const clientId of await clientsWithEndings(deps, tenantId, span)) {
    if (read++ % perTurn === perTurn - 1) await othersTurn()
    const client = await deps.clients.find(tenantId, clientId)
    if (!client?.enabled) continue
    for (const ending of endingsAmong(await proofsOf(deps, client), span, now)) {
      found.push([ending.proof.expiresAt.getTime(), onWire(client, ending, now)])
    }
  }
  return found
    .toSorted(([one], [other]) => one - other)
    .slice(0, maxWarnings)
    .map(([, warning]) => warning)
}

async function clientsWithEndings(deps: ProofsDeps, tenantId: TenantId, span: Span): Promise<Set<ClientId>> {
  const secrets = await deps.clientSecrets.listEnding(tenantId, span, maxExamined)
  const credentials = await deps.clientCredentials.listEnding(tenantId, span, maxExamined)
  const named: { readonly clientId: ClientId; readonly end: number }[] = []
  for await (const credential of certifiedNames(deps, tenantId)) {
    const end = deps.endOfCredential(credential)
    if (isWithin(end, span)) named.push({ clientId: credential.clientId, end: end.getTime() })
  }
  // All clients may have been certified by the one authority that ends.
  const soonest = named.toSorted((one, other) => one.end - other.end).slice(0, maxExamined)
  return new Set([...secrets, ...credentials, ...soonest].map(({ clientId }) => clientId))
}

async function* certifiedNames(
  { clientCredentials }: ProofsDeps,
  tenantId: TenantId,
): AsyncGenerator<CertifiedNameCredential> {
  let last: CertifiedNameCredential | undefined
  do {
    const some = await clientCredentials.listCertifiedNames(tenantId, last, perTurn)
    yield* some
    last = some.length < perTurn ? undefined : some.at(-1)
    await othersTurn()
  } while (last)
}

interface Proof extends Pick<EndingProof, 'type' | 'id'> {
  readonly expiresAt: Date | undefined
  readonly lastUsedAt?: Date | undefined
}

/** All that proves the client, or has; nothing of one that proves itself with what is not kept here. */
async function proofsOf(deps: ProofsDeps, client: Client): Promise<Proof[]> {
  const { tenantId, id, tokenEndpointAuthMethod, activeCredentialIds } = client
  if (usesSecret(tokenEndpointAuthMethod)) {
    const secrets = await deps.clientSecrets.list(tenantId, id)
    return secrets.map(({ id, expiresAt, lastUsedAt }) => ({
      type: 'client_secret',
      id,
      expiresAt,
      lastUsedAt,
    }))
  }
  const credentials = await deps.clientCredentials.list(tenantId, id)
  return credentials
    .filter((credential) => activeCredentialIds.includes(credential.id))
    .map((credential) => ({
      type: credential.type,
      id: credential.id,
      expiresAt: deps.endOfCredential(credential),
    }))
}

interface Ending {
  readonly proof: Proof & EndingProof
  readonly isReplaced: boolean
}

function endingsAmong(proofs: readonly Proof[], span: Span, now: Date): Ending[] {
  return proofs
    .flatMap((proof) => (isWithin(proof.expiresAt, span) ? [{ ...proof, expiresAt: proof.expiresAt }] : []))
    .map((proof) => ({
      proof,
      isReplaced: proofs.some(({ expiresAt }) => expiresAt === undefined || expiresAt > proof.expiresAt),
    }))
    .filter(({ proof, isReplaced }) => proof.expiresAt > now || !isReplaced)
}

function isWithin(moment: Date | undefined, { from, until }: Span): moment is Date {
  return moment !== undefined && moment >= from && moment < until
}

function onWire({ id, name }: Client, { proof, isReplaced }: Ending, now: Date): Warning {
  const { type, expiresAt, lastUsedAt } = proof
  const ends = `${expiresAt > now ? 'ends' : 'ended'} at ${expiresAt.toISOString()}`
  const after = isReplaced
    ? 'something else proves the client beyond that'
    : `nothing else proves the client ${expiresAt > now ? 'from then on' : 'any more'}`
  return {
    type: 'proof_ends',
    description: `${proofInWords(proof)} of the client ${name} ${ends}; ${after}.`,
    client_id: id,
    client_name: name,
    credential_type: type,
    credential_id: proof.id,
    expires_at: expiresAt.toISOString(),
    is_replaced: isReplaced,
    ...(lastUsedAt && { last_used_at: lastUsedAt.toISOString() }),
  }
}
