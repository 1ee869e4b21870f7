/**
 * One call of the management API: method and path pick the operation of the contract, which types what goes
 * in and what comes out. Only types come from the contract: loading its schemas would cost a command
 * line more time than the call itself.
 */
import type { Static, TSchema } from 'typebox'
import type { OperationName, operations } from '../contract.ts'
import { ManagementApiError, refusalOf } from './error.ts'

type Operations = (typeof operations)[OperationName]
type Method = Operations['method']
type PathOf<M extends Method> = Extract<Operations, { method: M }>['path']
type At<M extends Method, P extends string> = Extract<Operations, { method: M; path: P }>

type QueryOf<O> = O extends { query: infer Schema extends TSchema } ? Static<Schema> : never
type BodyOf<O> = O extends { body: infer Schema extends TSchema } ? Static<Schema> : never
type AnswerOf<O> = O extends { response: infer Schema extends TSchema } ? Static<Schema> : undefined
type ParamsOf<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? { [K in Name]: string } & ParamsOf<`/${Rest}`>
  : P extends `${string}:${infer Name}`
    ? { [K in Name]: string }
    : unknown

type InputOf<M extends Method, P extends string> = ([BodyOf<At<M, P>>] extends [never]
  ? { body?: never }
  : { body: BodyOf<At<M, P>> }) & {
  query?: QueryOf<At<M, P>>
  params?: ParamsOf<P>
} & (ParamsOf<P> extends Record<string, string> ? { params: ParamsOf<P> } : unknown)

export interface ConnectionOptions {
  /** The origin of the server, such as `http://localhost:8420`. */
  readonly url: string
  /**
   * The access token for each call. Keep it until it ends; when the server refuses it all the same, it is
   * asked for once more with `fresh: true`.
   */
  readonly getToken: (options: { fresh: boolean }) => string | Promise<string>
  /** Ours to replace: to trace calls, to limit their time, to reach a server without a port. */
  readonly fetch: typeof globalThis.fetch
}

export interface RawCall {
  readonly method: string
  /** Under `/api/v2`, ready for the wire. */
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** @throws ManagementApiError for any answer but a success; what `fetch` throws when there is no answer. */
export async function send(options: ConnectionOptions, call: RawCall): Promise<Response> {
  const response = await sendWith(options, call, await options.getToken({ fresh: false }))
  if (response.status !== 401) return successOf(response)
  const freshToken = await options.getToken({ fresh: true })
  return successOf(await sendWith(options, call, freshToken))
}

function sendWith(options: ConnectionOptions, call: RawCall, token: string): Promise<Response> {
  const { path, headers, ...init } = call
  return options.fetch(`${options.url.replace(/\/+$/, '')}/api/v2${path}`, {
    ...init,
    headers: { accept: 'application/json', ...headers, authorization: `Bearer ${token}` },
    // A redirect would carry the token to wherever it points.
    redirect: 'manual',
  })
}

async function successOf(response: Response): Promise<Response> {
  if (response.ok) return response
  throw await refusalOf(response)
}

interface LooseInput {
  params?: unknown
  query?: unknown
  body?: unknown
}

export type Call = ReturnType<typeof createCall>

export function createCall(options: ConnectionOptions) {
  return async function call<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...[input]: object extends InputOf<M, P> ? [InputOf<M, P>?] : [InputOf<M, P>]
  ): Promise<AnswerOf<At<M, P>>> {
    const { params, query, body }: LooseInput = input ?? {}
    const response = await send(options, {
      method,
      path: fillPath(path, new Map(Object.entries(params ?? {}))) + queryText(query ?? {}),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    return parseAnswer(response)
  }
}

function fillPath(path: string, params: ReadonlyMap<string, unknown>): string {
  return path.replaceAll(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(String(params.get(name))))
}

function queryText(query: object): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.append(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

// The server keeps to the contract, and a newer one may tell more than this release knows: so the shape
// is taken at its word here, once, and only that it is JSON is checked.
async function parseAnswer<Answer>(response: Response): Promise<Answer> {
  const text = await response.text()
  try {
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  } catch (cause) {
    throw new ManagementApiError(
      {
        status: response.status,
        code: 'not_json',
        message: 'The answer is not JSON. Is this the URL of a Tallystick server?',
        requestId: response.headers.get('x-request-id') ?? undefined,
        retryAfterSeconds: undefined,
      },
      { cause },
    )
  }
}
