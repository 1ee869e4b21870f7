import type { RuleChange } from '@tallystick/management-api/contract/pipeline'
import type { FastifyReply } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import type { Rule } from '../../../domain/rule.ts'
import { type Operator, requireScope } from '../access/access.ts'

const otherDoors = { hook: ['Hook', '/hooks'], action: ['Action', '/actions/actions'] } as const

/**
 * An Action has a draft beside its versions, and only one Hook of a point is enabled: their own operations see to
 * that. @throws ManagementError
 */
export function refuseOfOtherDoor({ door, id }: Rule, { code, secrets, enabled }: RuleChange): void {
  if (door === 'webtask') return
  if (code === undefined && secrets === undefined && enabled === undefined) return
  const [noun, path] = otherDoors[door]
  throw new ManagementError(
    'operation_not_supported',
    `This rule is ${noun === 'Hook' ? 'a' : 'an'} ${noun}. Change its code and secrets, and whether it runs, at /api/v2${path}/${id}.`,
  )
}

const deleteScopes = { hook: 'delete:hooks', action: 'delete:actions' } as const

/**
 * Whoever may not delete a Hook or an Action by its own operation may not do so here. @throws ManagementError
 * `insufficient_scope`
 */
export function requireScopeOfDoor(operator: Operator, { door }: Rule, reply: FastifyReply): void {
  if (door !== 'webtask') requireScope(operator, { scopes: [deleteScopes[door]] }, reply)
}
