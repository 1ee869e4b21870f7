/** Bindings: which Actions run at a trigger, and in which order. */
import { type Static, Type } from 'typebox'
import { actionTriggerList, triggerId } from './action-triggers.ts'
import { action, actionPageQuery, actionTotals } from './actions.ts'
import type { Operation } from './operation.ts'
import { closed, dateTime, displayName, oneOf } from './schema.ts'

export const maxBoundActions = 20

export const actionBinding = closed({
  id: Type.String(),
  trigger_id: triggerId,
  display_name: Type.String(),
  action,
  created_at: dateTime,
  updated_at: dateTime,
})
export type ActionBinding = Static<typeof actionBinding>

/** First to last. */
export const actionBindingPage = closed({ bindings: Type.Array(actionBinding), ...actionTotals })
export type ActionBindingPage = Static<typeof actionBindingPage>

/** All of them in their new order; what is not named is unbound. */
export const actionBindingOrder = closed({
  bindings: Type.Array(
    closed({
      ref: closed({
        type: oneOf(['action_name', 'action_id', 'binding_id']),
        value: Type.String({ minLength: 1, maxLength: 255 }),
      }),
      /** The Action's name when absent. */
      display_name: Type.Optional(displayName(255)),
      /** Secrets belong to the Action. */
      secrets: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
    }),
    { maxItems: maxBoundActions },
  ),
})
export type ActionBindingOrder = Static<typeof actionBindingOrder>

const path = '/actions/triggers/:triggerId/bindings'

export const actionBindingOperations = {
  listActionTriggers: {
    method: 'GET',
    path: '/actions/triggers',
    scopes: ['read:actions'],
    status: 200,
    response: actionTriggerList,
  },
  listActionBindings: {
    method: 'GET',
    path,
    scopes: ['read:actions'],
    query: closed(actionPageQuery),
    status: 200,
    plural: 'bindings',
    response: actionBindingPage,
  },
  bindActions: {
    method: 'PATCH',
    path,
    summary: 'Say which Actions run at a trigger, and in which order',
    scopes: ['update:actions'],
    body: actionBindingOrder,
    status: 200,
    response: actionBindingPage,
  },
} as const satisfies Record<string, Operation>
