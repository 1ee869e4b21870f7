/** The triggers of Actions, of which there is one: the token request of a machine. */
import { type Static, Type } from 'typebox'
import { closed, oneOf } from './schema.ts'

export const actionTriggers = ['credentials-exchange'] as const
export const triggerId = oneOf(actionTriggers)

export const actionTrigger = closed({
  id: triggerId,
  version: Type.String(),
  status: oneOf(['CURRENT', 'DEPRECATED']),
  runtimes: Type.Array(Type.String()),
  default_runtime: Type.String(),
  binding_policy: Type.Literal('trigger-bound'),
  compatible_triggers: Type.Array(Type.Unknown(), { maxItems: 0 }),
})
export type ActionTrigger = Static<typeof actionTrigger>

export const actionTriggerList = closed({ triggers: Type.Array(actionTrigger) })
export type ActionTriggerList = Static<typeof actionTriggerList>
