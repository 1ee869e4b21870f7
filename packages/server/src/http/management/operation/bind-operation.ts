/**
 * One operation of the contract as one route. Each takes the same steps in the same order: who asks, may they, is the
 * request well-formed, is the object what they expect, do it, answer.
 */
import { type OperationName, operations } from '@tallystick/management-api/contract'
import type { Operation } from '@tallystick/management-api/contract/operation'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Changes } from '../../../domain/changes.ts'
import { againIfChanged, isOvertaken } from '../../again-if-changed.ts'
import type { InTurn } from '../../turns.ts'
import type { Operator, ProveOperator } from '../access/access.ts'
import { requireScope } from '../access/access.ts'
import { entityTagOf, matchesWeakly, parseTagCondition } from './entity-tag.ts'
import type { Call, Handler, Handlers } from './handler.ts'
import type { AnswerOnce, Rendered } from './idempotency.ts'
import { hasPrecondition, readerOf, requirePrecondition } from './precondition.ts'
import { projectFields } from './project-fields.ts'
import { bodyPart, createValidate, queryPart, typedQuery } from './validate.ts'

export interface BindDeps {
  readonly proveOperator: ProveOperator
  readonly handlers: Handlers
  readonly changes: Changes
  readonly answerOnce: AnswerOnce
  /** For changes with a condition, each of which is overtaken by any other change of its tenant. */
  readonly inTurn: InTurn
}

export function bindOperation<Name extends OperationName>(
  api: FastifyInstance,
  url: string,
  name: Name,
  deps: BindDeps,
): void {
  const operation: Operation = operations[name]
  const parse = createParse<Name>(operation)
  const respond = createRespond(name, operation, deps)
  const operators = new WeakMap<FastifyRequest, Operator>()
  api.route({
    method: operation.method,
    url,
    exposeHeadRoute: false,
    // Before the body is read: nobody without access can make us parse anything.
    async onRequest(request, reply) {
      const operator = await deps.proveOperator(request, reply)
      request.actor = operator
      requireScope(operator, operation, reply)
      operators.set(request, operator)
    },
    async handler(request, reply) {
      const operator = operators.get(request)
      if (!operator) throw new TypeError('A handler ran before its operator was proven.')
      return respond(parse(request, reply, operator))
    },
  })
}

type ParseCall<Name extends OperationName> = (
  request: FastifyRequest,
  reply: FastifyReply,
  operator: Operator,
) => Call<Name>

/** Everything that comes in is checked against the contract here; past this, handlers trust their types. */
function createParse<Name extends OperationName>(operation: Operation): ParseCall<Name> {
  const querySchema = operation.query ?? nothing
  const validateQuery = createValidate(querySchema, queryPart)
  const validateBody = createValidate(operation.body ?? nothing, bodyPart)
  const needsBody = operation.body !== undefined && !operation.bodyMayBeAbsent

  return (request, reply, operator) => {
    const call = {
      request,
      reply,
      operator,
      param: (param: string) => pathParameter(request.params, param),
      query: validateQuery(typedQuery(querySchema, request.query)),
      // Some clients send `{}` or `null` where there is nothing to say.
      body: validateBody(needsBody ? request.body : (request.body ?? {})),
    }
    return call as Call<Name>
  }
}

const nothing = { type: 'object', properties: {}, additionalProperties: false }

function pathParameter(params: unknown, name: string): string {
  const value: unknown = Object.getOwnPropertyDescriptor(Object(params), name)?.value
  return typeof value === 'string' ? value : ''
}

/** Changes without a condition may still come in between, but hardly this many. */
const maxGuardedAttempts = 20

/** Does what is asked, once its conditions hold, and sends the answer. */
function createRespond<Name extends OperationName>(
  name: Name,
  operation: Operation,
  { handlers, changes, answerOnce, inTurn }: BindDeps,
): (call: Call<Name>) => Promise<FastifyReply> {
  const handle: Handler<Name> = handlers[name]
  const reader = readerOf(operation.path)
  const read = reader && anyHandler(handlers, reader)

  return async function respond(call) {
    const { request, reply, operator } = call
    if (operation.eventStream) return reply.code(operation.status).send(await handle(call))
    if (operation.method === 'GET') {
      return sendReading(request, reply, render(operation, request, await handle(call)))
    }
    const answer = async () => {
      await requirePrecondition(
        changes,
        request,
        read && (() => read({ ...call, query: {}, body: undefined })),
      )
      return render(operation, request, await handle(call))
    }
    if (operation.method === 'POST') return send(reply, await answerOnce(request, reply, operator, answer))
    if (!hasPrecondition(request)) return send(reply, await againIfChanged(answer))
    const guarded = () => againIfChanged(answer, isOvertaken, maxGuardedAttempts)
    return send(reply, await inTurn(request.tenant.id, guarded))
  }
}

/** The handler of a GET as one that takes any call: the path is the same, and it reads no body. */
function anyHandler(handlers: Handlers, name: OperationName): (call: unknown) => Promise<unknown> {
  return handlers[name] as (call: unknown) => Promise<unknown>
}

function render(operation: Operation, { query }: FastifyRequest, answer: unknown): Rendered {
  if (answer === undefined) return { status: operation.status, body: '', etag: undefined }
  return {
    status: operation.status,
    body: JSON.stringify(
      projectFields(answer, operation.query ? typedQuery(operation.query, query) : {}, operation.plural),
    ),
    etag: entityTagOf(answer, operation.shownOnce),
  }
}

function sendReading(request: FastifyRequest, reply: FastifyReply, rendered: Rendered): FastifyReply {
  const ifNoneMatch = parseTagCondition('If-None-Match', request.headers['if-none-match'])
  const isKnown = ifNoneMatch && rendered.etag !== undefined && matchesWeakly(ifNoneMatch, rendered.etag)
  return send(reply, isKnown ? { ...rendered, status: 304, body: '' } : rendered)
}

function send(reply: FastifyReply, { status, body, etag }: Rendered): FastifyReply {
  reply.code(status)
  if (etag !== undefined) reply.header('etag', etag)
  if (body === '') return reply.send()
  return reply.type('application/json; charset=utf-8').send(body)
}
