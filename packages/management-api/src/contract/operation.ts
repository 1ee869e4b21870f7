import type { TSchema } from 'typebox'

/** One operation of the management API: what it asks for, what goes in and what comes out. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Under `/api/v2`; `:name` is a parameter. */
  readonly path: string
  /** What it does, in a few words, for readers of the API's description; its name says enough when absent. */
  readonly summary?: string
  /** One of them is enough. */
  readonly scopes: readonly [string, ...string[]]
  /** All of `scopes` are needed. */
  readonly allScopes?: true
  /** `fieldsQuery` among it: the answer is cut to the members that were asked for. */
  readonly query?: TSchema
  readonly body?: TSchema
  /** An absent body counts as `{}`. */
  readonly bodyMayBeAbsent?: true
  readonly status: 200 | 201 | 202 | 204
  /** Absent when the answer has no body. */
  readonly response?: TSchema
  /** Of a list: the member that holds it where the answer is not the bare list. */
  readonly plural?: string
  /** Members of the answer that no other answer shows, such as a new secret. */
  readonly shownOnce?: readonly string[]
  /** Each event's data is one `response`. */
  readonly eventStream?: true
}
