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

/**
 * A bearer token, or a token that is bound to a key (RFC 9449) with a function that makes the proof for each request.
 */
export type AccessToken = string | { readonly token: string; readonly prove: ProvePossession }

/** Makes the DPoP proof for one request, with the server's nonce where it asked for one. */
export type ProvePossession = (request: {
  readonly method: string
  readonly url: string
  readonly nonce: string | undefined
}) => string | Promise<string>

export interface ConnectionOptions {
  /** The origin of the server, such as `http://localhost:8420`. */
  readonly url: string
  /**
   * The access token for each call. Keep it until it expires; if the server refuses it anyway, this is called once
   * more, with `fresh: true`.
   */
  readonly getToken: (options: { fresh: boolean }) => AccessToken | Promise<AccessToken>
  /** Replaceable, to trace calls, limit their time, or reach a server without a port. */
  readonly fetch: typeof globalThis.fetch
  /** For the next proof: the newest nonce that the server gave. */
  readonly nonce: { newest: string | undefined }
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
  const response = await sendProven(options, call, await options.getToken({ fresh: false }))
  if (response.status !== 401) return successOf(response)
  const freshToken = await options.getToken({ fresh: true })
  return successOf(await sendProven(options, call, freshToken))
}

/** Sends the request again where the server asks for a nonce (RFC 9449 §9). */
async function sendProven(options: ConnectionOptions, call: RawCall, token: AccessToken): Promise<Response> {
  const response = await sendWith(options, call, token)
  const challenge = response.headers.get('www-authenticate') ?? ''
  const wantsNonce = response.status === 401 && challenge.includes('use_dpop_nonce')
  return wantsNonce && typeof token === 'object' ? sendWith(options, call, token) : response
}

async function sendWith(options: ConnectionOptions, call: RawCall, token: AccessToken): Promise<Response> {
  const { path, headers, ...init } = call
  const url = `${options.url.replace(/\/+$/, '')}/api/v2${path}`
  const response = await options.fetch(url, {
    ...init,
    headers: {
      accept: 'application/json',
      ...headers,
      ...(await authorizationFor(options, init.method, url, token)),
    },
    // A redirect would carry the token to wherever it points.
    redirect: 'manual',
  })
  options.nonce.newest = response.headers.get('dpop-nonce') ?? options.nonce.newest
  return response
}

async function authorizationFor(
  { nonce }: ConnectionOptions,
  method: string,
  url: string,
  access: AccessToken,
): Promise<Record<string, string>> {
  if (typeof access === 'string') return { authorization: `Bearer ${access}` }
  const dpop = await access.prove({ method, url, nonce: nonce.newest })
  return { authorization: `DPoP ${access.token}`, dpop }
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

// The server keeps to the contract, and a newer one may return more than this release knows, so this only checks that
// the answer is JSON and trusts its shape.
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
