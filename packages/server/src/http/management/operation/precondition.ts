/**
 * `If-Match` and `If-None-Match` (RFC 9110 §13). A change with a condition is made only if the object still is what
 * the condition says when the change is committed: nothing that came in between is lost.
 */
import { type OperationName, operationNames, operations } from '@tallystick/management-api/contract'
import type { Operation } from '@tallystick/management-api/contract/operation'
import type { FastifyRequest } from 'fastify'
import type { Changes } from '../../../domain/changes.ts'
import { ManagementError } from '../../../domain/errors.ts'
import type {} from '../../record-change.ts'
import { entityTagOf, matchesStrongly, matchesWeakly, parseTagCondition } from './entity-tag.ts'

/** Reads the object as its own GET would tell it. @throws ManagementError `not_found` */
export type ReadObject = () => Promise<unknown>

/** The operation that reads what lies at this path; undefined when nothing can be read there. */
export function readerOf(path: string): OperationName | undefined {
  return operationNames.find((name) => {
    const operation: Operation = operations[name]
    return operation.method === 'GET' && operation.path === path && !operation.eventStream
  })
}

export function hasPrecondition({ headers }: FastifyRequest): boolean {
  return headers['if-match'] !== undefined || headers['if-none-match'] !== undefined
}

/**
 * Checks the conditions of a change against the present state, and makes the change depend on that state.
 * @throws ManagementError `precondition_failed` when they do not hold; `invalid_header` when they are none.
 */
export async function requirePrecondition(
  changes: Changes,
  request: FastifyRequest,
  readObject: ReadObject | undefined,
): Promise<void> {
  const ifMatch = parseTagCondition('If-Match', request.headers['if-match'])
  const ifNoneMatch = parseTagCondition('If-None-Match', request.headers['if-none-match'])
  if (ifMatch === undefined && ifNoneMatch === undefined) return
  // Counted before the object is read, so that the commit still finds what was read.
  const { id } = request.tenant
  request.onlyIf = changes.unchangedSince(id, changes.count(id))
  const tag = readObject && (await presentTag(request, readObject))
  if (ifMatch !== undefined && (tag === undefined || !matchesStrongly(ifMatch, tag))) throw failed()
  if (ifNoneMatch !== undefined && tag !== undefined && matchesWeakly(ifNoneMatch, tag)) throw failed()
}

/** Undefined when it is not there. */
async function presentTag({ method }: FastifyRequest, readObject: ReadObject): Promise<string | undefined> {
  try {
    return entityTagOf(await readObject())
  } catch (error) {
    // RFC 9110 §13.2.1: a request that would be refused anyway is refused for that reason. Deleting what is not there
    // would not be.
    if (method === 'DELETE' && error instanceof ManagementError && error.code === 'not_found')
      return undefined
    throw error
  }
}

function failed(): ManagementError {
  return new ManagementError(
    'precondition_failed',
    'The object is not, or no longer, what the condition of this request says. Read it again and repeat the change.',
  )
}
