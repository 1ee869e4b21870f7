/**
 * `POST /oauth/introspect` (RFC 7662) and `POST /oauth/revoke` (RFC 7009). Who asks is held to what a token request is
 * held to, and what its proof used up is on disk before the answer leaves. A revocation leaves an entry in the log, and so
 * does every refusal; a question that is answered leaves none, as reading leaves none anywhere, but for the warning that
 * what proved who asked ends soon.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OAuthError } from '../domain/errors.ts'
import type { LogEntry, ManagementLogEntry } from '../domain/log-entry.ts'
import type { RevocationStore } from '../domain/revocation.ts'
import { spentProofNouns } from '../domain/spent-proof.ts'
import { AlreadyExistsError, GoneError } from '../domain/storage.ts'
import type { Write } from '../domain/write.ts'
import { inProfile } from '../token/auth0-refusals.ts'
import { assertionWasSpent } from '../token/client-authentication/client-refusals.ts'
import type { NoticeEnding } from '../token/client-authentication/ending-notices.ts'
import type { ProvenClient } from '../token/client-authentication/proven-client.ts'
import { type WritesOfProofDeps, writesOfProof } from '../token/client-authentication/writes-of-proof.ts'
import type { IncomingTokenRequest } from '../token/exchange.ts'
import type { IntrospectToken } from '../token/presented-token/introspect-token.ts'
import { maskPresented, presentedTokenParameters } from '../token/presented-token/presented-token.ts'
import type { RevokeToken } from '../token/presented-token/revoke-token.ts'
import type { SignIntrospection } from '../token/presented-token/signed-introspection.ts'
import { maxEntryTextLength, shownText } from '../token/shown-text.ts'
import { acceptsByName } from './accepted-type.ts'
import { incomingOf, readParameters } from './incoming-token-request.ts'
import { neverStore } from './never-store.ts'
import { type OAuthEndpointsDeps, registerOAuthEndpoints } from './oauth-endpoints.ts'
import type { RateLimit } from './rate-limit.ts'
import { oauthStatusOf, sendOAuthError } from './respond.ts'

export interface PresentedTokenDeps extends WritesOfProofDeps {
  readonly introspectToken: IntrospectToken
  readonly signIntrospection: SignIntrospection
  readonly revokeToken: RevokeToken
  readonly revocations: Pick<RevocationStore, 'put'>
  /** Resolves when the writes are on disk. */
  readonly keep: (writes: readonly Write[]) => Promise<void>
  /** Resolves when entries and writes are on disk, all or none. */
  readonly record: (entry: LogEntry, writes: readonly Write[], beside?: readonly LogEntry[]) => Promise<void>
  readonly noticeEnding: NoticeEnding
  /** Of one address, as at the token endpoint. */
  readonly rateLimit: RateLimit
  readonly now: () => Date
}

export function registerPresentedTokenEndpoints(app: FastifyInstance, deps: PresentedTokenDeps): void {
  const { rateLimit, now } = deps
  const endpoints: OAuthEndpointsDeps = {
    rateLimit,
    now,
    bodyParameters: presentedTokenParameters,
    refuse: (request, reply, error, status) => refuse(deps, request, reply, error, status),
  }
  neverStore(app)
  registerOAuthEndpoints(app, endpoints, [
    { url: '/oauth/introspect', answer: (incoming, reply) => introspect(deps, incoming, reply) },
    { url: '/oauth/revoke', answer: (incoming, reply) => revoke(deps, incoming, reply) },
  ])
}

/** RFC 9701 §4. */
const signedType = 'application/token-introspection+jwt'

async function introspect(
  deps: PresentedTokenDeps,
  incoming: IncomingTokenRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const introspection = await deps.introspectToken(incoming)
  const { asker, answer } = introspection
  const signed = acceptsByName(incoming.rawHeaders.accept, signedType)
    ? await deps.signIntrospection(incoming, introspection)
    : undefined
  await keepUsed(deps, asker, incoming)
  return signed === undefined ? reply.send(answer) : reply.header('content-type', signedType).send(signed)
}

async function revoke(
  deps: PresentedTokenDeps,
  incoming: IncomingTokenRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { owner, revocation, refusal } = await deps.revokeToken(incoming)
  if (refusal) {
    await keepUsed(deps, owner, incoming)
    throw refusal
  }
  const writes = [...usedBy(deps, owner, incoming), ...(revocation ? [deps.revocations.put(revocation)] : [])]
  const description =
    revocation?.subject.kind === 'token'
      ? `Revoked the token ${revocation.subject.jti}.`
      : 'Was asked to revoke what is no token, or has expired.'
  const told = { type: 'sapi', description, status: 200, client: owner.client } as const
  const entry = entryOf(deps, incoming, told)
  const warning = deps.noticeEnding(owner, entry)
  await spend(owner, () => deps.record(entry, writes, warning ? [warning] : []))
  return reply.send()
}

function usedBy(
  deps: PresentedTokenDeps,
  { spentProof, usedSecret }: ProvenClient,
  { receivedAt }: IncomingTokenRequest,
): Write[] {
  const used = { spentProofs: spentProof ? [spentProof] : [], ...(usedSecret && { usedSecret }) }
  return writesOfProof(deps, used, receivedAt)
}

/** Most callers use a secret that was noted moments ago, and need not wait for the disk. */
async function keepUsed(
  deps: PresentedTokenDeps,
  proven: ProvenClient,
  incoming: IncomingTokenRequest,
): Promise<void> {
  const used = usedBy(deps, proven, incoming)
  const warning = deps.noticeEnding(proven, askedBy(deps, incoming))
  if (warning) await spend(proven, () => deps.record(warning, used))
  else if (used.length > 0) await spend(proven, () => deps.keep(used))
}

/**
 * @throws OAuthError when another request used the same assertion,
 * or the same token of another issuer, at the same time.
 */
async function spend({ spentProof }: ProvenClient, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    const isReplay =
      spentProof && error instanceof AlreadyExistsError && error.noun === spentProofNouns[spentProof.kind]
    if (isReplay) throw assertionWasSpent()
    throw error
  }
}

async function refuse(
  deps: PresentedTokenDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  error: OAuthError,
  status?: number,
): Promise<FastifyReply> {
  const refusal = inProfile(error, request.tenant.profile)
  const description = typeof refusal.cause === 'string' ? refusal.cause : refusal.message
  const told = { type: 'fapi', description, status: status ?? oauthStatusOf(refusal) } as const
  try {
    await deps.record(entryOf(deps, parametersOf(request), told), [])
  } catch (unrecorded) {
    // Nothing was changed, so the refusal may go out without its entry; the operator has to know, unless the log is gone
    // with its tenant.
    if (!(unrecorded instanceof GoneError))
      request.log.error(unrecorded, 'the log entry of a refused request could not be written')
  }
  return sendOAuthError(request, reply, refusal, status)
}

/** Reads the body again, for what must be masked. One that cannot be read is quoted nowhere. */
function parametersOf(request: FastifyRequest): IncomingTokenRequest {
  try {
    return incomingOf(request, readParameters(request))
  } catch {
    return incomingOf(request, [])
  }
}

function entryOf(
  deps: PresentedTokenDeps,
  incoming: IncomingTokenRequest,
  told: Pick<ManagementLogEntry, 'type' | 'description' | 'status'> & {
    readonly client?: ProvenClient['client']
  },
): ManagementLogEntry {
  const mask = maskPresented(incoming.raw)
  const { client, description, ...rest } = told
  return {
    ...rest,
    ...askedBy(deps, incoming),
    tenantId: incoming.tenant.id,
    description: shownText(mask(description), maxEntryTextLength),
    clientId: client?.id,
    clientName: client?.name,
    method: incoming.httpMethod,
    path: new URL(incoming.endpointUrl).pathname,
  }
}

function askedBy({ now }: PresentedTokenDeps, incoming: IncomingTokenRequest) {
  return {
    id: incoming.requestId,
    at: incoming.receivedAt,
    ip: incoming.ip,
    userAgent: shownText(maskPresented(incoming.raw)(incoming.userAgent), maxEntryTextLength),
    durationMs: now().getTime() - incoming.receivedAt.getTime(),
  }
}
