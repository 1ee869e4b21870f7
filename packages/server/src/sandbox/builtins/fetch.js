/**
 * `fetch` and its nouns. The request leaves with the slice; the server carries it out, if policy allows.
 * `bridge` is given to every bundle by its loader.
 */
import { Buffer } from 'buffer'

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export class Headers {
  #entries = new Map()
  constructor(init) {
    if (init === undefined || init === null) return
    const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init)
    for (const [name, value] of pairs) this.append(name, value)
  }
  append(name, value) {
    const key = checkName(name)
    const text = checkValue(value)
    this.#entries.set(key, this.#entries.has(key) ? `${this.#entries.get(key)}, ${text}` : text)
  }
  set(name, value) {
    this.#entries.set(checkName(name), checkValue(value))
  }
  get(name) {
    return this.#entries.get(checkName(name)) ?? null
  }
  getSetCookie() {
    return this.#entries.has('set-cookie') ? [this.#entries.get('set-cookie')] : []
  }
  has(name) {
    return this.#entries.has(checkName(name))
  }
  delete(name) {
    this.#entries.delete(checkName(name))
  }
  forEach(callback, self) {
    for (const [name, value] of this) callback.call(self, value, name, this)
  }
  *entries() {
    yield* [...this.#entries].sort(([left], [right]) => (left < right ? -1 : 1))
  }
  *keys() {
    for (const [name] of this.entries()) yield name
  }
  *values() {
    for (const [, value] of this.entries()) yield value
  }
  [Symbol.iterator]() {
    return this.entries()
  }
}

function checkName(name) {
  const key = String(name).toLowerCase()
  if (!token.test(key)) throw new TypeError(`${name} is not a header name.`)
  return key
}

function checkValue(value) {
  const text = String(value).trim()
  if (/[\0\r\n]/.test(text)) throw new TypeError('A header value may not hold a line break.')
  return text
}

/** Bytes of a body and the content type it brings along. */
function readBody(body) {
  if (body === undefined || body === null) return { bytes: Buffer.alloc(0), type: undefined }
  if (body instanceof URLSearchParams)
    return { bytes: Buffer.from(body.toString()), type: 'application/x-www-form-urlencoded;charset=UTF-8' }
  if (ArrayBuffer.isView(body))
    return { bytes: Buffer.from(Buffer.from(body.buffer, body.byteOffset, body.byteLength)), type: undefined }
  if (body instanceof ArrayBuffer) return { bytes: Buffer.from(body.slice(0)), type: undefined }
  return { bytes: Buffer.from(String(body), 'utf8'), type: 'text/plain;charset=UTF-8' }
}

class Body {
  #bytes
  bodyUsed = false
  constructor(bytes) {
    this.#bytes = bytes
  }
  static bytesOf(body) {
    return body.#bytes
  }
  async bytes() {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.bodyUsed = true
    return new Uint8Array(this.#bytes)
  }
  async arrayBuffer() {
    return (await this.bytes()).buffer
  }
  async text() {
    return new TextDecoder().decode(await this.bytes())
  }
  async json() {
    return JSON.parse(await this.text())
  }
}

export class Request extends Body {
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : undefined
    const given =
      init.body === undefined && from ? { bytes: Body.bytesOf(from), type: undefined } : readBody(init.body)
    super(given.bytes)
    this.url = new URL(from ? from.url : String(input)).href
    this.method = normalizeMethod(init.method ?? from?.method ?? 'GET')
    this.headers = new Headers(init.headers ?? from?.headers)
    this.signal = init.signal ?? from?.signal ?? new AbortController().signal
    if (given.bytes.length > 0 && (this.method === 'GET' || this.method === 'HEAD'))
      throw new TypeError('Request with GET/HEAD method cannot have body.')
    if (given.type !== undefined && !this.headers.has('content-type'))
      this.headers.set('content-type', given.type)
  }
  clone() {
    return new Request(this)
  }
}

function normalizeMethod(method) {
  if (!token.test(String(method))) throw new TypeError(`${method} is not a method.`)
  const upper = String(method).toUpperCase()
  return ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].includes(upper) ? upper : String(method)
}

export class Response extends Body {
  constructor(body, init = {}) {
    const given = readBody(body)
    super(given.bytes)
    this.status = init.status ?? 200
    this.statusText = init.statusText ?? ''
    this.ok = this.status >= 200 && this.status < 300
    this.headers = new Headers(init.headers)
    this.url = init.url ?? ''
    this.redirected = false
    this.type = 'basic'
    if (given.type !== undefined && !this.headers.has('content-type'))
      this.headers.set('content-type', given.type)
  }
  clone() {
    return new Response(Body.bytesOf(this), this)
  }
  static json(value, init = {}) {
    const headers = new Headers(init.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    return new Response(JSON.stringify(value), { ...init, headers })
  }
}

export async function fetch(input, init) {
  const request = new Request(input, init)
  request.signal.throwIfAborted()
  const body = Body.bytesOf(request)
  const message = {
    url: request.url,
    method: request.method,
    headers: [...request.headers],
    body: body.toString('base64'),
  }
  const answer = await new Promise((resolve, reject) => {
    const id = bridge.fetch(message, resolve)
    request.signal.addEventListener('abort', () => {
      bridge.forgetFetch(id)
      reject(request.signal.reason)
    })
  })
  if (answer.error !== undefined)
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error(answer.error), { code: 'ERR_FETCH' }),
    })
  return new Response(Buffer.from(answer.body, 'base64'), {
    status: answer.status,
    statusText: answer.statusText,
    headers: answer.headers,
    url: request.url,
  })
}
