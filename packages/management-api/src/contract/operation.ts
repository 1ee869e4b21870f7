import type { TSchema } from 'typebox'

/** One operation of the management API: what it asks for, what goes in and what comes out. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Under `/api/v2`; `:name` is a parameter. */
  readonly path: string
  /** One of them is enough. */
  readonly scopes: readonly [string, ...string[]]
  readonly query?: TSchema
  readonly body?: TSchema
  readonly status: 200 | 201 | 204
  /** Absent when the answer has no body. */
  readonly response?: TSchema
  /** Each event's data is one `response`. */
  readonly eventStream?: true
}
