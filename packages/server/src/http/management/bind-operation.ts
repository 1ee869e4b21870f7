/**
 * One operation of the contract as one route. For each the same steps in the same order: who asks, may they,
 * is it well-formed, do it, answer.
 */
import { type OperationName, operations } from '@tallystick/management-api/contract'
import type { Operation } from '@tallystick/management-api/contract/operation'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { againIfChanged } from '../again-if-changed.ts'
import type { Operator, ProveOperator } from './access.ts'
import { requireScope } from './access.ts'
import type { Call, Handlers } from './handler.ts'
import { bodyPart, createValidate, queryPart, typedQuery } from './validate.ts'

export interface BindDeps {
  readonly proveOperator: ProveOperator
  readonly handlers: Handlers
}

export function bindOperation<Name extends OperationName>(
  api: FastifyInstance,
  url: string,
  name: Name,
  { proveOperator, handlers }: BindDeps,
): void {
  const operation: Operation = operations[name]
  const handle: Handlers[Name] = handlers[name]
  const parse = createParse<Name>(operation)
  const operators = new WeakMap<FastifyRequest, Operator>()
  api.route({
    method: operation.method,
    url,
    exposeHeadRoute: false,
    // Before the body is read: nobody without access makes us parse anything.
    async onRequest(request, reply) {
      const operator = await proveOperator(request, reply)
      request.actor = operator
      requireScope(operator, operation.scopes, reply)
      operators.set(request, operator)
    },
    async handler(request, reply) {
      const operator = operators.get(request)
      if (!operator) throw new TypeError('A handler ran before its operator was proven.')
      const call = parse(request, reply, operator)
      const answer = await againIfChanged(() => handle(call))
      return reply.code(operation.status).send(answer)
    },
  })
}

type ParseCall<Name extends OperationName> = (
  request: FastifyRequest,
  reply: FastifyReply,
  operator: Operator,
) => Call<Name>

/** Everything that comes in is held against the contract here; past this, handlers trust their types. */
function createParse<Name extends OperationName>(operation: Operation): ParseCall<Name> {
  const querySchema = operation.query ?? nothing
  const validateQuery = createValidate(querySchema, queryPart)
  const validateBody = createValidate(operation.body ?? nothing, bodyPart)

  return (request, reply, operator) => {
    const call = {
      request,
      reply,
      operator,
      param: (param: 'id' | 'versionId') => pathParameter(request.params, param),
      query: validateQuery(typedQuery(querySchema, request.query)),
      // Some clients send `{}` or `null` where there is nothing to say.
      body: validateBody(operation.body ? request.body : (request.body ?? {})),
    }
    return call as Call<Name>
  }
}

const nothing = { type: 'object', properties: {}, additionalProperties: false }

function pathParameter(params: unknown, name: string): string {
  const value: unknown = Object.getOwnPropertyDescriptor(Object(params), name)?.value
  return typeof value === 'string' ? value : ''
}
