/** Getting a token by client credentials (RFC 6749 §4.4), for the management API and for `tallystick token`. */

import { Failure } from '../failure.ts'
import type { Fetch } from '../http.ts'
import { type JsonObject, numberMember, parseJsonObject, textMember } from '../json-object.ts'
import { neutralLine } from '../neutral-text.ts'
import { revealSecret } from '../secret-text.ts'
import type { ClientOfApi } from './client-credentials.ts'
import { type DpopKey, makeDpopProof } from './dpop-key.ts'

export interface TokenAsk extends ClientOfApi {
  readonly origin: string
  /** Asks for these scopes only; for all that are granted when empty. */
  readonly scopes: readonly string[]
  /** What the token is to be bound to; without one it is a bearer token. */
  readonly binding?: { readonly key: DpopKey; readonly now: () => Date }
}

export interface TokenAnswer {
  readonly accessToken: string
  readonly tokenType: string
  readonly expiresInSeconds: number | undefined
  readonly scope: string | undefined
}

/** @throws Failure when the server refuses or answers what no token endpoint answers. */
export async function requestToken(fetch: Fetch, ask: TokenAsk): Promise<TokenAnswer> {
  const { response, body } = await sendProven(fetch, ask)
  if (!response.ok || !body) throw refusal(ask, response, body)
  const accessToken = textMember(body, 'access_token')
  if (accessToken === undefined) throw refusal(ask, response, undefined)
  return {
    accessToken,
    tokenType: textMember(body, 'token_type') ?? 'Bearer',
    expiresInSeconds: numberMember(body, 'expires_in'),
    scope: textMember(body, 'scope'),
  }
}

interface Answer {
  readonly response: Response
  readonly body: JsonObject | undefined
}

/** Once more where the proof wanted a nonce (RFC 9449 §8). */
async function sendProven(fetch: Fetch, ask: TokenAsk): Promise<Answer> {
  const answer = await send(fetch, ask)
  const nonce = answer.response.headers.get('dpop-nonce')
  const wantsNonce = answer.body && textMember(answer.body, 'error') === 'use_dpop_nonce'
  return ask.binding && wantsNonce && nonce !== null ? send(fetch, ask, nonce) : answer
}

async function send(fetch: Fetch, ask: TokenAsk, nonce?: string): Promise<Answer> {
  const url = `${ask.origin}/oauth/token`
  const proven = ask.binding && { method: 'POST', url, nonce, now: ask.binding.now() }
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(ask.binding && proven && { dpop: makeDpopProof(ask.binding.key, proven) }),
    },
    // A redirect would carry the secret to an address that nobody named.
    redirect: 'manual',
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: ask.clientId,
      client_secret: revealSecret(ask.secret),
      audience: ask.audience,
      ...(ask.scopes.length > 0 && { scope: ask.scopes.join(' ') }),
    }),
  })
  return { response, body: parseJsonObject(await response.text()) }
}

function refusal(ask: TokenAsk, response: Response, body: JsonObject | undefined): Failure {
  const code = body && textMember(body, 'error')
  if (!code) {
    return new Failure(response.status >= 500 ? 'unavailable' : 'failed', {
      what: `${ask.origin} gave no token.`,
      why: `It answered with status ${response.status} and not as a token endpoint does.`,
      todo: 'Check with `tallystick doctor` whether this is a Tallystick server and ready.',
    })
  }
  const requestId = response.headers.get('x-request-id')
  const description = (body && textMember(body, 'error_description')) ?? 'The server gives no description.'
  return new Failure(endingOf(response.status), {
    what: `${ask.origin} refused a token for ${neutralLine(ask.audience)} with ${neutralLine(code)}.`,
    why: neutralLine(description),
    // A tenant of profile `auth0` has another code for it.
    todo: todoOf(response.status === 401 ? 'invalid_client' : code, requestId),
  })
}

function endingOf(status: number): 'not_allowed' | 'unavailable' | 'failed' {
  if (status === 429 || status === 503) return 'unavailable'
  return status >= 500 ? 'failed' : 'not_allowed'
}

function todoOf(code: string, requestId: string | null): string {
  if (code === 'invalid_client')
    return 'Check the client id and its secret; `tallystick doctor` says which are used.'
  if (code === 'invalid_target') return 'Grant the API to the client: `tallystick grants create --help`.'
  if (code === 'invalid_scope')
    return 'Ask for fewer scopes, or widen the grant: `tallystick grants update --help`.'
  if (code === 'temporarily_unavailable' || code === 'too_many_requests')
    return 'Try again in a little while.'
  return requestId === null
    ? 'Look the exchange up: `tallystick logs list`.'
    : `Look the exchange up: tallystick logs show ${neutralLine(requestId)}`
}
