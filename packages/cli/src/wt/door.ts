/** The webtask door of a server: one function per call, each answer parsed, each refusal a `WtFailure`. */
import { isJsonObject, type JsonObject, objectMember, parseJsonObject, textMember } from '../json-object.ts'
import { revealSecret } from '../secret-text.ts'
import type { WtProfile } from './profile-file.ts'
import { type WtEnding, WtFailure } from './wt-failure.ts'

export interface ListedWebtask {
  readonly name: string
  readonly token: string
  readonly url: string
  readonly meta: JsonObject
}

export interface WebtaskUpload {
  readonly ten: string
  readonly dd: 0
  /** Left out: the stored code stays. */
  readonly code?: string
  readonly ectx?: Readonly<Record<string, unknown>>
  readonly pctx?: Readonly<Record<string, unknown>>
  readonly meta?: Readonly<Record<string, unknown>>
  readonly host?: string
  readonly mb?: 1
  readonly pb?: number
  readonly dr: 1
  readonly jtn: string
}

export interface Inspection {
  readonly decrypt?: boolean
  readonly fetchCode?: boolean
}

export type Door = ReturnType<typeof openDoor>

const answerTimeoutMs = 30_000

export function openDoor(profile: WtProfile, send: typeof fetch) {
  const container = encodeURIComponent(profile.container)

  async function call(path: string, init: RequestInit, endings: Endings = {}): Promise<Response> {
    const timeout = AbortSignal.timeout(answerTimeoutMs)
    const response = await send(`${profile.url}${path}`, {
      redirect: 'error',
      signal: timeout,
      ...init,
      headers: { authorization: `Bearer ${revealSecret(profile.token)}`, ...init.headers },
    }).catch((cause: unknown) => {
      if (init.signal?.aborted) throw cause
      throw unreachable(profile.url, init.signal === undefined && timeout.aborted, cause)
    })
    if (!response.ok) throw await refusal(response, endings)
    return response
  }

  const named = (name: string) => `/api/webtask/${container}/${encodeURIComponent(name)}`

  return {
    profile,

    async list(query: URLSearchParams): Promise<ListedWebtask[]> {
      const response = await call(`/api/webtask/${container}?${query}`, { headers: acceptJson })
      const raw = await bodyOf(response)
      if (!Array.isArray(raw)) throw notUnderstood(profile.url)
      return raw.map((item: unknown) => parseListed(item, profile.url))
    },

    async show(name: string): Promise<ListedWebtask> {
      const response = await call(named(name), { headers: acceptJson }, { 404: 'not_found' })
      return parseListed(await bodyOf(response), profile.url)
    },

    async inspect(token: string, { decrypt, fetchCode }: Inspection): Promise<JsonObject> {
      const query = new URLSearchParams({ token, meta: '1' })
      if (decrypt) query.set('decrypt', 'true')
      if (fetchCode) query.set('fetch_code', 'true')
      const response = await call(
        `/api/tokens/inspect?${query}`,
        { headers: acceptJson },
        { 404: 'not_found' },
      )
      const raw = await bodyOf(response)
      if (isJsonObject(raw)) return raw
      throw notUnderstood(profile.url)
    },

    async upload(upload: WebtaskUpload): Promise<{ url: string; token: string }> {
      const body = JSON.stringify(upload)
      const headers = { 'content-type': 'application/json' }
      const response = await call(
        '/api/tokens/issue',
        { method: 'POST', headers, body },
        { 403: 'not_allowed' },
      )
      const fallback = `${profile.url}/api/run/${container}/${upload.jtn}`
      return { url: response.headers.get('location') ?? fallback, token: (await response.text()).trim() }
    },

    async remove(name: string): Promise<void> {
      await call(named(name), { method: 'DELETE' }, { 404: 'not_found' })
    },

    async revoke(token: string): Promise<void> {
      const query = new URLSearchParams({ token })
      await call(`/api/tokens/revoke?${query}`, { method: 'POST' }, { 404: 'not_found' })
    },

    /** The stream of what rules print; it has no end of its own. */
    async openLog(signal: AbortSignal): Promise<Response> {
      const headers = { accept: 'text/event-stream' }
      return call(`/api/logs/tenant/${container}`, { headers, signal }, everyRefusal('unavailable'))
    },
  }
}

/** Undefined when it is no JSON: some other server, or a proxy's page. */
async function bodyOf(response: Response): Promise<unknown> {
  return response.json().catch(() => undefined)
}

const acceptJson = { accept: 'application/json' }

/** How a command ends for a status of the server. */
type Endings = Readonly<Partial<Record<number, WtEnding>>>

function everyRefusal(ending: WtEnding): Endings {
  return { 400: ending, 401: ending, 403: ending, 404: ending, 429: ending }
}

async function refusal(response: Response, endings: Endings): Promise<WtFailure> {
  const text = await response.text()
  const ending = endings[response.status] ?? (response.status >= 500 ? 'unavailable' : 'refused')
  const { status } = response
  return new WtFailure(ending, messageOf(text) ?? `The server answered with status ${status}.`, { status })
}

/** The sentence of a JSON error, or of the one event that a refused log stream sends. */
function messageOf(text: string): string | undefined {
  const body = parseJsonObject(text.replace(/^data: /, ''))
  return (
    body && (textMember(body, 'message') ?? textMember(body, 'msg') ?? textMember(body, 'error_description'))
  )
}

function parseListed(raw: unknown, url: string): ListedWebtask {
  const item = isJsonObject(raw) ? raw : {}
  const name = textMember(item, 'name')
  const token = textMember(item, 'token')
  if (!name || !token) throw notUnderstood(url)
  return { name, token, url: textMember(item, 'webtask_url') ?? '', meta: objectMember(item, 'meta') ?? {} }
}

function notUnderstood(url: string): WtFailure {
  return new WtFailure(
    'unavailable',
    `${url} answered what no Tallystick server answers. Check the URL with wt profile ls.`,
  )
}

function unreachable(url: string, late: boolean, cause: unknown): WtFailure {
  if (late)
    return new WtFailure('timeout', `${url} gave no answer within ${answerTimeoutMs / 1000} s.`, { cause })
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const code = inner instanceof Error && 'code' in inner ? ` (${String(inner.code)})` : ''
  const advice = /CERT|LEAF/.test(code)
    ? 'Name the authority of its certificate in NODE_EXTRA_CA_CERTS; a self-signed server keeps it in <data>/tls/ca.pem.'
    : 'Is the server running, and is the URL right?'
  return new WtFailure('unavailable', `${url} cannot be reached${code}. ${advice}`, { cause })
}
