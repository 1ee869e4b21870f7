/** What Actions did: a draft that was tested with an event, and all Actions of an exchange. */
import { type Static, Type } from 'typebox'
import { triggerId } from './action-triggers.ts'
import type { Operation } from './operation.ts'
import { closed, dateTime, oneOf } from './schema.ts'

export const actionTest = closed({
  /** `event` is what the Action is called with; members that are missing are empty, and `secrets` are the draft's. */
  payload: Type.Object({ event: Type.Optional(Type.Object({})) }),
})
export type ActionTest = Static<typeof actionTest>

/** What the draft did. */
export const actionTestResult = closed({
  payload: closed({
    result: oneOf(['passed', 'denied', 'failed']),
    /** Why not, as the client would be told; the console tells more. */
    error: Type.Optional(closed({ code: Type.String(), message: Type.String() })),
    /** The claims that the token would get from it. */
    claims: Type.Record(Type.String(), Type.Unknown()),
    scope: Type.Array(Type.String()),
    /** Seconds, where it set them. The API and the client may allow less. */
    expires_in: Type.Optional(Type.Integer()),
    dropped_claims: Type.Array(Type.String()),
    /** What it printed, and the remarks that a log would hold. */
    console: Type.Array(closed({ level: oneOf(['debug', 'info', 'warn', 'error']), text: Type.String() })),
    fetches: Type.Array(
      closed({
        method: Type.String(),
        url: Type.String(),
        status: Type.Optional(Type.Integer()),
        error: Type.Optional(Type.String()),
        duration_ms: Type.Number(),
      }),
    ),
    duration_ms: Type.Number(),
  }),
})
export type ActionTestResult = Static<typeof actionTestResult>

export const actionExecution = closed({
  /** Of the exchange: the `X-Request-Id` of its answer. */
  id: Type.String(),
  trigger_id: triggerId,
  status: Type.Literal('final'),
  results: Type.Array(
    closed({
      action_name: Type.String(),
      error: Type.Optional(closed({ id: Type.String(), msg: Type.String() })),
      started_at: dateTime,
      ended_at: dateTime,
    }),
  ),
  created_at: dateTime,
  updated_at: dateTime,
})
export type ActionExecution = Static<typeof actionExecution>

export const actionRunOperations = {
  testAction: {
    method: 'POST',
    path: '/actions/actions/:id/test',
    summary: 'Run the draft of an Action with an event of yours',
    scopes: ['create:actions'],
    body: actionTest,
    status: 200,
    response: actionTestResult,
  },
  getActionExecution: {
    method: 'GET',
    path: '/actions/executions/:id',
    scopes: ['read:actions'],
    status: 200,
    response: actionExecution,
  },
} as const satisfies Record<string, Operation>
