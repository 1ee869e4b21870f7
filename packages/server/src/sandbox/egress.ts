/**
 * The fetch that the server makes for a program. The program names a URL; whether, where to and how much
 * is decided here. Redirects are returned and not followed, and every refusal by policy reads the same, so
 * that nothing can be learned about our network by asking.
 */
import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Agent, buildConnector, request as undiciRequest } from 'undici'
import {
  type AddressRange,
  isAddressAllowed,
  isHostAllowed,
  type Listener,
  portOf,
} from '../outbound/address-policy.ts'
import { createGuardedLookup } from '../outbound/guarded-lookup.ts'

export interface EgressPolicy {
  /** The operator's list: private addresses that programs may reach after all. */
  readonly privateCidrs: readonly AddressRange[]
  /** Where this server itself listens; never reachable. */
  readonly ownListener: () => readonly Listener[]
  /** The system's resolver by default. */
  readonly lookup?: LookupFunction
}

export interface EgressRequest {
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Base64. */
  readonly body: string
}

export type EgressAnswer =
  | {
      readonly status: number
      readonly statusText: string
      readonly headers: readonly (readonly [name: string, value: string])[]
      readonly body: Buffer
    }
  | { readonly error: string }

export interface Egress {
  fetch(request: EgressRequest, allow: readonly string[], withinMs: number): Promise<EgressAnswer>
  close(): Promise<void>
}

const refusedByPolicy = "This address is not allowed for this tenant's rules."

class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

const maxUrlLength = 8192
const maxHeaders = 50
const maxHeaderLength = 8192
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** The connection is ours: what frames or routes a message is not for the program to say. */
const ownHeaders =
  /^(?:host|connection|keep-alive|transfer-encoding|content-length|upgrade|expect|te|trailer|accept-encoding|proxy-.*)$/

/** Undefined when the text is no request; the isolate it comes from is not believed. */
export function parseEgressRequest(json: string): EgressRequest | undefined {
  try {
    const { url, method, headers, body } = JSON.parse(json)
    if (typeof url !== 'string' || url.length > maxUrlLength || typeof body !== 'string') return undefined
    if (!methods.has(method) || !Array.isArray(headers) || headers.length > maxHeaders) return undefined
    const pairs = headers.map(([name, value]): readonly [string, string] => [
      String(name).toLowerCase(),
      String(value),
    ])
    if (pairs.some(([name, value]) => name.length + value.length > maxHeaderLength)) return undefined
    return { url, method, headers: pairs, body }
  } catch {
    return undefined
  }
}

export function createEgress(policy: EgressPolicy, maxBytes: number): Egress {
  const isAllowed = (address: string, port: number) =>
    isAddressAllowed(address, port, policy.privateCidrs, policy.ownListener())
  const dispatcher = new Agent({
    connect: createConnect(isAllowed, policy.lookup ?? systemLookup),
    pipelining: 1,
  })

  async function send(
    request: EgressRequest,
    allow: readonly string[],
    signal: AbortSignal,
  ): Promise<EgressAnswer> {
    const url = checkUrl(request.url, allow, isAllowed)
    const answer = await undiciRequest(url, {
      dispatcher,
      signal,
      method: request.method as 'GET',
      headers: [
        ...request.headers.filter(([name]) => !ownHeaders.test(name)).flat(),
        'accept-encoding',
        'gzip, deflate, br',
      ],
      ...(request.body === '' ? {} : { body: Buffer.from(request.body, 'base64') }),
    })
    const body = await readWithin(decode(answer.body, answer.headers['content-encoding']), maxBytes, signal)
    answer.body.destroy()
    return {
      status: answer.statusCode,
      statusText: answer.statusText ?? '',
      headers: toPairs(answer.headers),
      body,
    }
  }

  return {
    async fetch(request, allow, withinMs) {
      if (withinMs <= 0) return { error: 'There was no time left for this fetch.' }
      const signal = AbortSignal.timeout(Math.ceil(withinMs))
      try {
        return await send(request, allow, signal)
      } catch (error) {
        return { error: explain(error, signal) }
      }
    },
    close: () => dispatcher.destroy(),
  }
}

/** Normalizes the host, however its address is written, and holds it against both lists. */
function checkUrl(
  text: string,
  allow: readonly string[],
  isAllowed: (address: string, port: number) => boolean,
): URL {
  if (!URL.canParse(text)) throw new RefusedError(refusedByPolicy)
  const url = new URL(text)
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:'
  if (!isWeb || url.username !== '' || url.password !== '') throw new RefusedError(refusedByPolicy)
  if (!isHostAllowed(allow, url)) throw new RefusedError(refusedByPolicy)
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0 && !isAllowed(literal, portOf(url))) throw new RefusedError(refusedByPolicy)
  return url
}

/** Connects only to addresses that are allowed, whatever the name resolves to at that moment. */
function createConnect(
  isAllowed: (address: string, port: number) => boolean,
  lookup: LookupFunction,
): buildConnector.connector {
  const connectors = new Map<number, buildConnector.connector>()
  const connectorFor = (port: number) => {
    const known = connectors.get(port)
    if (known !== undefined) return known
    const connector = buildConnector({
      lookup: createGuardedLookup(
        lookup,
        (address) => isAllowed(address, port),
        () => new RefusedError(refusedByPolicy),
      ),
    })
    connectors.set(port, connector)
    return connector
  }
  return (options, callback) => {
    const port = options.port === '' ? (options.protocol === 'https:' ? 443 : 80) : Number(options.port)
    connectorFor(port)(options, (error, socket) => {
      if (error !== null) return callback(error, null)
      if (isAllowed(socket.remoteAddress ?? '', port)) return callback(null, socket)
      socket.destroy()
      callback(new RefusedError(refusedByPolicy), null)
    })
  }
}

function decode(body: Readable, encoding: string | string[] | undefined): Readable {
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : encoding === 'br'
          ? createBrotliDecompress()
          : undefined
  if (decoder === undefined) return body
  body.on('error', (error) => decoder.destroy(error))
  return body.pipe(decoder)
}

class TooLargeError extends Error {
  override readonly name = 'TooLargeError'
}

/** Counted after decoding, so that a small answer cannot become a large one. */
async function readWithin(body: Readable, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    signal.throwIfAborted()
    size += chunk.length
    if (size > maxBytes) throw new TooLargeError(`The answer is larger than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function toPairs(headers: Record<string, string | string[] | undefined>): [string, string][] {
  const isDecoded = headers['content-encoding'] !== undefined
  return Object.entries(headers)
    .filter(([name]) => !(isDecoded && (name === 'content-encoding' || name === 'content-length')))
    .flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]))
}

function explain(error: unknown, signal: AbortSignal): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof RefusedError || cause instanceof TooLargeError) return cause.message
  }
  if (signal.aborted) return 'There was no answer within the time of the invocation.'
  return 'The server could not be reached.'
}
