/**
 * `Idempotency-Key` on POST: a request that is sent again because its answer was lost is answered again, but carried
 * out once. The answer is kept in the transaction of the change, so there is never one without the other.
 */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import {
  type IdempotentAnswer,
  type IdempotentAnswerStore,
  idempotencyRetentionDays,
  maxIdempotentAnswers,
} from '../../../domain/idempotent-answer.ts'
import type { Encryption } from '../../../keys/secret/encryption.ts'
import { againIfChanged } from '../../again-if-changed.ts'
import type { HeldChange, RecordChange } from '../../record-change.ts'
import type { Operator } from '../access/access.ts'

export interface IdempotencyDeps {
  readonly idempotentAnswers: IdempotentAnswerStore
  readonly encryption: Pick<Encryption, 'encrypt' | 'decrypt'>
  readonly recordChange: RecordChange
  readonly now: () => Date
}

/** What is sent, byte for byte. */
export interface Rendered {
  readonly status: number
  readonly body: string
  readonly etag: string | undefined
}

/** Answers the request once: by `answer`, or as it was answered before. */
export type AnswerOnce = (
  request: FastifyRequest,
  reply: FastifyReply,
  operator: Operator,
  answer: () => Promise<Rendered>,
) => Promise<Rendered>

const dayMs = 86_400_000

export function createAnswerOnce(deps: IdempotencyDeps): AnswerOnce {
  /** Requests that are being answered. The one server of a database knows them all. */
  const inFlight = new Set<string>()

  return async function answerOnce(request, reply, operator, answer) {
    const key = parseIdempotencyKey(request)
    if (key === undefined) return againIfChanged(answer)
    const id = { tenantId: request.tenant.id, clientId: operator.clientId, keyHash: sha256(key) }
    const name = Object.values(id).join(' ')
    if (inFlight.has(name)) {
      throw new ManagementError(
        'conflict',
        'A request with this Idempotency-Key is still being answered. Send it again later.',
      )
    }
    inFlight.add(name)
    try {
      const kept = await deps.idempotentAnswers.find(id.tenantId, id.clientId, id.keyHash)
      const isOver = kept && deps.now().getTime() - kept.at.getTime() > idempotencyRetentionDays * dayMs
      if (kept && !isOver) return await replay(deps, request, reply, operator, kept)
      if (!kept) await refuseWhenFull(deps, reply, id)
      return await againIfChanged(() => answerAndKeep(deps, request, operator, id, answer))
    } finally {
      inFlight.delete(name)
    }
  }
}

/** Seconds after which answers have been removed whose time is over. */
const removedWithinSeconds = 600

/** @throws ManagementError `too_many_requests` */
async function refuseWhenFull(
  { idempotentAnswers }: IdempotencyDeps,
  reply: FastifyReply,
  { tenantId, clientId }: AnswerId,
): Promise<void> {
  if ((await idempotentAnswers.count(tenantId, clientId)) < maxIdempotentAnswers) return
  reply.header('retry-after', String(removedWithinSeconds))
  throw new ManagementError(
    'too_many_requests',
    `${maxIdempotentAnswers} answers to requests of this client that came with an Idempotency-Key are kept already, each for a day. Send it without the header, or by another client, or when the first of them are gone.`,
  )
}

type AnswerId = Pick<IdempotentAnswer, 'tenantId' | 'clientId' | 'keyHash'>

/** The change waits for its answer, and both are committed together. A refusal changes nothing and is not kept. */
async function answerAndKeep(
  { idempotentAnswers, encryption, recordChange, now }: IdempotencyDeps,
  request: FastifyRequest,
  operator: Operator,
  { tenantId, clientId, keyHash }: AnswerId,
  answer: () => Promise<Rendered>,
): Promise<Rendered> {
  const held: HeldChange = { change: undefined }
  request.heldChange = held
  const rendered = await answer().finally(() => {
    request.heldChange = undefined
  })
  const { change } = held
  if (change === undefined) return rendered
  const content = JSON.stringify({
    ...rendered,
    fingerprint: fingerprintOf(request),
    scopes: [...operator.scopes],
  } satisfies KeptContent)
  const kept = {
    tenantId,
    clientId,
    keyHash,
    at: now(),
    content: encryption.encrypt(content, rowOf({ tenantId, clientId, keyHash })),
  }
  await recordChange(request, {
    ...change,
    writes: [
      ...change.writes,
      // An expired one may still be there.
      idempotentAnswers.remove(tenantId, clientId, keyHash),
      idempotentAnswers.insert(kept),
    ],
  })
  return rendered
}

async function replay(
  { encryption, recordChange }: IdempotencyDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  operator: Operator,
  kept: IdempotentAnswer,
): Promise<Rendered> {
  const { fingerprint, scopes, ...rendered } = parseContent(encryption.decrypt(kept.content, rowOf(kept)))
  if (fingerprint !== fingerprintOf(request)) {
    throw new ManagementError(
      'idempotency_key_reused',
      'This Idempotency-Key came with another request before. Use a new key for each request, and the same only to repeat it.',
    )
  }
  // The answer may hold a secret, which was meant for a token with all of those scopes.
  if (!scopes.every((scope) => operator.scopes.has(scope))) {
    throw new ManagementError(
      'insufficient_scope',
      'The first request with this Idempotency-Key came with a token of more scopes. Repeat it with one that holds them all.',
    )
  }
  await recordChange(request, {
    description: 'Answered a repeated request as before; nothing was changed.',
    status: rendered.status,
    writes: [],
  })
  reply.header('idempotent-replayed', 'true')
  return rendered
}

interface KeptContent extends Rendered {
  readonly fingerprint: string
  /** Of the token whose request was answered. */
  readonly scopes: readonly string[]
}

/** The content of a row, which only this file writes. */
function parseContent(text: string): KeptContent {
  return JSON.parse(text) as KeptContent
}

function rowOf({ tenantId, clientId, keyHash }: AnswerId) {
  return ['idempotent_answers', tenantId, clientId, keyHash, 'content'] as const
}

function fingerprintOf(request: FastifyRequest): string {
  return sha256(JSON.stringify([request.method, request.url, request.body ?? null]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** @throws ManagementError `invalid_header` */
function parseIdempotencyKey({ raw }: FastifyRequest): string | undefined {
  const keys = raw.headersDistinct['idempotency-key'] ?? []
  const [key] = keys
  if (key === undefined) return undefined
  if (keys.length === 1 && /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw new ManagementError(
    'invalid_header',
    'The header Idempotency-Key must be sent once, with 1 to 255 printable ASCII characters.',
  )
}
