/** Getting a token by client credentials (RFC 6749 §4.4), for the management API and for `tallystick token`. */
import { Failure } from '../failure.ts'
import type { Fetch } from '../http.ts'
import { type JsonObject, numberMember, parseJsonObject, textMember } from '../json-object.ts'
import { neutralLine } from '../neutral-text.ts'
import { revealSecret } from '../secret-text.ts'
import type { Environment } from '../terminal.ts'
import { makeAssertion, readKeyFile } from './client-assertion.ts'
import type { ClientOfApi, ClientProof } from './client-credentials.ts'
import { type DpopKey, makeDpopProof } from './dpop-proof.ts'
import { readWorkloadToken } from './workload-token.ts'

export interface SignInDeps {
  readonly fetch: Fetch
  readonly env: Environment
  readonly now: () => Date
}

export interface TokenAsk extends ClientOfApi {
  readonly origin: string
  /** The issuer that assertions and proofs are made for. */
  readonly issuer: string
  /** Asks for these scopes only; for all that are granted when empty. */
  readonly scopes: readonly string[]
  /** What the token is to be bound to; without one it is a bearer token. */
  readonly binding?: Binding
}

export interface Binding {
  readonly key: DpopKey
  /** `demanded`: only where the server gives this client no other token, which takes a second request. */
  readonly when: 'always' | 'demanded'
}

export interface TokenAnswer {
  readonly accessToken: string
  readonly tokenType: string
  readonly expiresInSeconds: number | undefined
  readonly scope: string | undefined
}

/** @throws Failure when the server refuses, or does not answer as a token endpoint does. */
export async function requestToken(deps: SignInDeps, ask: TokenAsk): Promise<TokenAnswer> {
  const { response, body } = await sendProven(deps, ask)
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

async function sendProven(deps: SignInDeps, ask: TokenAsk): Promise<Answer> {
  const { binding } = ask
  if (binding?.when !== 'demanded') return sendWithNonce(deps, ask, binding?.key)
  const answer = await send(deps, ask, undefined)
  return refusedWith(answer, 'invalid_dpop_proof') ? sendWithNonce(deps, ask, binding.key) : answer
}

/** Sends the request again where the server asks for a nonce (RFC 9449 §8). */
async function sendWithNonce(deps: SignInDeps, ask: TokenAsk, key: DpopKey | undefined): Promise<Answer> {
  const answer = await send(deps, ask, key)
  const nonce = answer.response.headers.get('dpop-nonce')
  const wantsNonce = refusedWith(answer, 'use_dpop_nonce') && nonce !== null
  return key && wantsNonce ? send(deps, ask, key, nonce) : answer
}

function refusedWith({ body }: Answer, code: string): boolean {
  return body !== undefined && textMember(body, 'error') === code
}

async function send(
  deps: SignInDeps,
  ask: TokenAsk,
  key: DpopKey | undefined,
  nonce?: string,
): Promise<Answer> {
  const path = '/oauth/token'
  // The server compares a proof with its own address, whatever tunnel the request came through.
  const proven = { method: 'POST', url: new URL(path, ask.issuer).href, nonce, now: deps.now() }
  const response = await deps.fetch(`${ask.origin}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(key && { dpop: makeDpopProof(key, proven) }),
    },
    // A redirect would carry the secret to an address that nobody named.
    redirect: 'manual',
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: ask.clientId,
      ...(await proofMembers(deps, ask)),
      audience: ask.audience,
      ...(ask.scopes.length > 0 && { scope: ask.scopes.join(' ') }),
    }),
  })
  return { response, body: parseJsonObject(await response.text()) }
}

/** Made for each request: a server accepts an assertion once. */
async function proofMembers(
  deps: SignInDeps,
  { clientId, proof, issuer }: TokenAsk,
): Promise<Record<string, string>> {
  switch (proof.kind) {
    case 'secret':
      return { client_secret: revealSecret(proof.secret) }
    case 'key_file': {
      const key = await readKeyFile(proof.path, proof.algorithm)
      return asAssertion(makeAssertion(key, { clientId, issuer, now: deps.now() }))
    }
    case 'workload_token':
      return asAssertion(await readWorkloadToken(deps, proof.source, issuer))
  }
}

/** RFC 7523 §2.2. */
function asAssertion(assertion: string): Record<string, string> {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
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
    todo: todoOf(response.status === 401 ? 'invalid_client' : code, ask, requestId),
  })
}

function endingOf(status: number): 'not_allowed' | 'unavailable' | 'failed' {
  if (status === 429 || status === 503) return 'unavailable'
  return status >= 500 ? 'failed' : 'not_allowed'
}

function todoOf(code: string, { proof, binding }: TokenAsk, requestId: string | null): string {
  if (code === 'invalid_client') return remedyFor[proof.kind]
  if (code === 'invalid_dpop_proof' && !binding)
    return 'Bind the token to a key: add --dpop, or --dpop-key with a file of yours.'
  if (code === 'invalid_dpop_proof') return 'Let both clocks agree: `tallystick doctor` compares them.'
  if (code === 'invalid_target') return 'Grant the API to the client: `tallystick grants create --help`.'
  if (code === 'invalid_scope')
    return 'Ask for fewer scopes, or widen the grant: `tallystick grants update --help`.'
  if (code === 'temporarily_unavailable' || code === 'too_many_requests')
    return 'Try again in a little while.'
  return requestId === null
    ? 'Look the exchange up: `tallystick logs list`.'
    : `Look the exchange up: tallystick logs show ${neutralLine(requestId)}`
}

const remedyFor = {
  secret: 'Check the client id and its secret; `tallystick doctor` says which are used.',
  key_file:
    'Check that the client has the public half of this key for this algorithm, and that both clocks agree: `tallystick doctor`.',
  workload_token:
    'Let an administrator ask why: tallystick trust explain - < token. Its audience has to be the issuer, and a token may count once.',
} satisfies Record<ClientProof['kind'], string>
