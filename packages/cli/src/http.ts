/**
 * How this program speaks HTTP: with a time limit, with `--debug` writing each exchange to standard
 * error, and with a network fault told as a failure that says which server was meant.
 */
import { Failure } from './failure.ts'
import { maskSecrets } from './mask-secrets.ts'
import { neutralText } from './neutral-text.ts'
import type { Terminal } from './terminal.ts'

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>

export interface HttpDeps {
  readonly terminal: Terminal
  readonly debug: boolean
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal
  readonly fetch: Fetch
}

const answerTimeoutMs = 30_000

export function createFetch({ terminal, debug, interrupted, fetch }: HttpDeps): Fetch {
  return async function send(url, init) {
    const request = new Request(url, init)
    const show = async (head: string, message: Request | Response) => {
      const lines = [head, await readBody(message)].filter((text) => text !== '').map(maskSecrets)
      terminal.say(lines.map((line) => terminal.messageColors.dim(neutralText(line))))
    }
    try {
      if (debug) await show(`> ${request.method} ${request.url}`, request)
      const response = await awaitAnswer(fetch, request, interrupted)
      const requestId = response.headers.get('x-request-id') ?? 'none'
      if (debug) await show(`< ${response.status} request id ${requestId}`, response)
      return response
    } catch (error) {
      if (interrupted.aborted || error instanceof Failure) throw error
      throw unreachable(new URL(request.url).origin, error)
    }
  }
}

/** The time limit is for the answer's head: a body may be a stream that never ends. */
async function awaitAnswer(fetch: Fetch, request: Request, interrupted: AbortSignal): Promise<Response> {
  const timeout = new AbortController()
  const timer = setTimeout(
    () => timeout.abort(new Error(`No answer within ${answerTimeoutMs / 1000} s`)),
    answerTimeoutMs,
  )
  try {
    const signal = AbortSignal.any([request.signal, interrupted, timeout.signal])
    return await fetch(request, { signal })
  } finally {
    clearTimeout(timer)
  }
}

/** Empty for what has no body or no end. */
async function readBody(message: Request | Response): Promise<string> {
  if (message.body === null) return ''
  if (!/json|text\/plain|form/.test(message.headers.get('content-type') ?? '')) return ''
  return message.clone().text()
}

/** The causes that people meet, in words. Everything below `fetch` hides its reason in `cause`. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there.',
  ENOTFOUND: 'There is no host of this name.',
  EAI_AGAIN: 'The name of the host could not be looked up.',
  ECONNRESET: 'The connection was cut.',
  ETIMEDOUT: 'The host does not answer.',
  UND_ERR_CONNECT_TIMEOUT: 'The host does not answer.',
  UND_ERR_SOCKET: 'The connection was cut.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate comes from an authority that this machine does not trust.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate comes from an authority that this machine does not trust.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'Its certificate comes from an authority that this machine does not trust.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another host.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'What listens there speaks no TLS.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'What listens there speaks no TLS.',
}

function unreachable(origin: string, error: unknown): Failure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return new Failure(
    'unavailable',
    {
      what: `${origin} cannot be reached.`,
      why: reasons[code] ?? (cause instanceof Error ? cause.message || code : String(cause)),
      todo: remedyFor(code, origin),
    },
    { cause: error },
  )
}

function remedyFor(code: string, origin: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'Use the host that the certificate names, with --url.'
  if (/CERT|LEAF/.test(code)) {
    return 'Name the authority in NODE_EXTRA_CA_CERTS (a self-signed server keeps it in <data>/tls/ca.pem).'
  }
  if (code.startsWith('ERR_SSL_')) return 'Use http:// in the URL, or have the server speak TLS.'
  // What a server that speaks TLS does with plain HTTP.
  if (origin.startsWith('http:') && /^(ECONNRESET|UND_ERR_SOCKET)$/.test(code)) {
    return 'If the server speaks TLS, use https:// in the URL.'
  }
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) {
    return 'Correct the host, or have its name (in DNS, or in the hosts file) lead to the server.'
  }
  return 'Start the server with `tallystick serve`, or say where it is with --url or TALLYSTICK_URL.'
}
