/** `http` and `https` as clients, over `fetch`: what request libraries of the time call. */
import { Buffer } from 'buffer'
// biome-ignore lint/style/useNodejsImportProtocol: the module of the isolate, not Node's
import { Readable, Writable } from 'stream'

class Agent {
  constructor(options = {}) {
    this.options = options
    this.maxSockets = Infinity
    this.sockets = {}
    this.requests = {}
  }
  destroy() {}
}

/** The answer, as a stream. */
class IncomingMessage extends Readable {
  constructor(response, bytes) {
    super({ read() {} })
    this.statusCode = response.status
    this.statusMessage = response.statusText
    this.httpVersion = '1.1'
    this.headers = Object.fromEntries(response.headers)
    this.rawHeaders = [...response.headers].flat()
    this.complete = true
    this.socket = this.connection = {
      encrypted: false,
      on: () => this.socket,
      removeListener: () => this.socket,
      setTimeout: () => this.socket,
      destroy: () => undefined,
    }
    if (bytes.length > 0) this.push(bytes)
    this.push(null)
  }
  setTimeout() {
    return this
  }
}

/** The request: written to, sent when ended. */
class ClientRequest extends Writable {
  #chunks = []
  #headers = {}
  #controller = new AbortController()
  constructor(target, method, headers, onResponse) {
    super({
      // The request lives on when its body is written: there is an answer to come.
      autoDestroy: false,
      write: (chunk, encoding, done) => {
        this.#chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding))
        done()
      },
    })
    this.method = method
    this.path = target.pathname + target.search
    this.host = target.hostname
    this.protocol = target.protocol
    for (const [name, value] of Object.entries(headers ?? {})) this.setHeader(name, value)
    if (onResponse) this.once('response', onResponse)
    this.on('finish', () => this.#send(target))
  }
  #send(target) {
    const body = this.#chunks.length > 0 ? Buffer.concat(this.#chunks) : undefined
    const headers = Object.values(this.#headers).flatMap(({ name, value }) =>
      [value].flat().map((one) => [name, one]),
    )
    fetch(target.href, { method: this.method, headers, body, signal: this.#controller.signal })
      .then(async (response) =>
        this.emit('response', new IncomingMessage(response, Buffer.from(await response.arrayBuffer()))),
      )
      .catch((error) => this.emit('error', error.cause ?? error))
  }
  setHeader(name, value) {
    this.#headers[String(name).toLowerCase()] = { name, value }
  }
  getHeader(name) {
    return this.#headers[String(name).toLowerCase()]?.value
  }
  getHeaders() {
    return Object.fromEntries(Object.entries(this.#headers).map(([name, entry]) => [name, entry.value]))
  }
  hasHeader(name) {
    return this.#headers[String(name).toLowerCase()] !== undefined
  }
  removeHeader(name) {
    delete this.#headers[String(name).toLowerCase()]
  }
  setTimeout(delayMs, onTimeout) {
    if (onTimeout) this.once('timeout', onTimeout)
    const timer = setTimeout(() => this.emit('timeout'), delayMs)
    this.once('response', () => clearTimeout(timer))
    return this
  }
  abort() {
    this.aborted = true
    this.#controller.abort()
  }
  destroy(error) {
    this.#controller.abort(error)
    return this
  }
  flushHeaders() {}
  setNoDelay() {}
  setSocketKeepAlive() {}
}

/** Node's argument forms: (url), (options), (url, options), each with a callback after it. */
function readTarget(scheme, args) {
  const onResponse = typeof args.at(-1) === 'function' ? args.pop() : undefined
  const url =
    typeof args[0] === 'string' || args[0] instanceof URL ? new URL(String(args.shift())) : undefined
  const options = args[0] ?? {}
  const target =
    url ?? new URL(`${options.protocol ?? scheme}//${options.hostname ?? options.host ?? 'localhost'}`)
  if (options.port) target.port = String(options.port)
  if (options.path) {
    const at = String(options.path).indexOf('?')
    target.pathname = at < 0 ? options.path : options.path.slice(0, at)
    target.search = at < 0 ? '' : options.path.slice(at)
  }
  const headers = { ...options.headers }
  if (options.auth) headers.Authorization ??= `Basic ${Buffer.from(options.auth).toString('base64')}`
  return { target, method: String(options.method ?? 'GET').toUpperCase(), headers, onResponse }
}

function createModule(scheme) {
  const request = (...args) => {
    const { target, method, headers, onResponse } = readTarget(scheme, args)
    return new ClientRequest(target, method, headers, onResponse)
  }
  const get = (...args) => {
    const sent = request(...args)
    sent.end()
    return sent
  }
  return {
    request,
    get,
    Agent,
    globalAgent: new Agent(),
    ClientRequest,
    IncomingMessage,
    METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
    STATUS_CODES: {
      200: 'OK',
      201: 'Created',
      204: 'No Content',
      301: 'Moved Permanently',
      302: 'Found',
      304: 'Not Modified',
      400: 'Bad Request',
      401: 'Unauthorized',
      403: 'Forbidden',
      404: 'Not Found',
      409: 'Conflict',
      429: 'Too Many Requests',
      500: 'Internal Server Error',
      502: 'Bad Gateway',
      503: 'Service Unavailable',
    },
  }
}

export const http = createModule('http:')
export const https = createModule('https:')
