/**
 * Gets a small JSON document, such as a key set, from where a tenant's operator says it is. Where to is decided on the
 * address that is connected to; redirects are not followed, since they would name another place than the one that was
 * agreed on; and what is too large, too slow or no JSON is cut off.
 */
import { lookup as systemLookup } from 'node:dns'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type Destinations, mayEverReach, mayReachAt } from './destinations.ts'
import { createGuardedLookup } from './guarded-lookup.ts'

/** `failure`: in words for the operator, without anything that the other side wrote. */
export type DocumentOutcome =
  | { readonly kind: 'got'; readonly text: string; readonly maxAgeSeconds: number | undefined }
  | { readonly kind: 'failed'; readonly failure: string }

/** `withinMs`: where there is less time than any document is given. */
export type FetchDocument = (url: URL, withinMs?: number) => Promise<DocumentOutcome>

export const maxDocumentBytes = 65_536
/** Of the whole exchange, from the lookup of the name to the last byte. */
export const documentTimeoutMs = 4000

class FetchError extends Error {
  override readonly name = 'FetchError'
}

const refused =
  'This address may not be reached: it takes https and a public address, or one that TALLYSTICK_KEYS_PRIVATE lists.'

/** `destinations` is asked at each fetch: where this server listens is known only once it does. */
export function createFetchDocument(
  destinations: Destinations,
  resolve: LookupFunction = systemLookup,
): FetchDocument {
  return async function fetchDocument(url, withinMs = documentTimeoutMs) {
    const deadline = AbortSignal.timeout(Math.ceil(Math.min(withinMs, documentTimeoutMs)))
    try {
      const response = await answerTo(url, destinations, resolve, deadline)
      return await readDocument(response, deadline)
    } catch (error) {
      return { kind: 'failed', failure: deadline.aborted ? tooSlow : failureOf(error) }
    }
  }
}

const tooSlow = `There was no whole answer within ${documentTimeoutMs / 1000} seconds, or what was left of them.`

function answerTo(
  url: URL,
  destinations: Destinations,
  resolve: LookupFunction,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isPlain = url.protocol === 'http:'
  if ((!isPlain && url.protocol !== 'https:') || !mayEverReach(destinations, url)) {
    throw new FetchError(refused)
  }
  const answer = Promise.withResolvers<IncomingMessage>()
  const request = (isPlain ? httpRequest : httpsRequest)(
    url,
    {
      agent: false,
      signal,
      headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'tallystick' },
      lookup: createGuardedLookup(
        resolve,
        (address) => mayReachAt(destinations, url, address),
        () => new FetchError(refused),
      ),
    },
    answer.resolve,
  )
  request.on('error', answer.reject)
  // Also without an error, as when the other side would rather speak another protocol (101).
  request.once('close', () => answer.reject(new FetchError('The connection ended without an answer.')))
  request.end()
  return answer.promise
}

async function readDocument(response: IncomingMessage, signal: AbortSignal): Promise<DocumentOutcome> {
  try {
    const { statusCode, headers } = response
    if (statusCode !== 200) throw new FetchError(`The answer has status ${statusCode}.`)
    if (headers['content-encoding'] !== undefined) throw new FetchError('The answer is encoded.')
    if (!isJson(headers['content-type'])) throw new FetchError('The answer is no JSON by its content type.')
    const text = await readText(response, signal)
    return { kind: 'got', text, maxAgeSeconds: maxAgeOf(headers['cache-control']) }
  } finally {
    response.destroy()
  }
}

/** `application/json`, or a type that ends in `+json` such as `application/jwk-set+json` (RFC 6839 §3.1). */
function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[a-z0-9.-]+\+)?json[ \t]*(?:;|$)/i.test(contentType ?? '')
}

async function readText(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    signal.throwIfAborted()
    size += chunk.length
    if (size > maxDocumentBytes) throw new FetchError(`The answer is larger than ${maxDocumentBytes} bytes.`)
    chunks.push(chunk)
  }
  return decodeUtf8(Buffer.concat(chunks))
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FetchError('The answer is not in UTF-8.')
  }
}

/** RFC 9111 §5.2.2.1; `no-store` and `no-cache` count as zero. */
function maxAgeOf(cacheControl: string | undefined): number | undefined {
  const directives = (cacheControl ?? '').toLowerCase().split(',')
  if (directives.some((directive) => /^\s*no-(?:store|cache)\b/.test(directive))) return 0
  const seconds = directives.map((directive) => /^\s*max-age="?(\d{1,9})"?\s*$/.exec(directive)?.[1])
  const first = seconds.find((text) => text !== undefined)
  return first === undefined ? undefined : Number(first)
}

function failureOf(error: unknown): string {
  if (error instanceof FetchError) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return `It could not be reached (${code}).`
}
