/**
 * Sends one request to the receiver of a log stream. Where to is decided here, on the address that is connected to,
 * whatever the name resolves to at that moment; redirects are not followed, and answers are not read.
 */
import { lookup as systemLookup } from 'node:dns'
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type Destinations, mayEverReach, mayReachAt } from '../outbound/destinations.ts'
import { createGuardedLookup } from '../outbound/guarded-lookup.ts'

export interface StreamRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `failure`: in words for the operator, without anything that the receiver wrote. */
export type SendOutcome =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly failure: string; readonly retryAfterMs?: number }

export interface StreamSender {
  send(request: StreamRequest, signal: AbortSignal): Promise<SendOutcome>
  close(): void
}

/** Of the whole exchange. */
const timeoutMs = 15_000
const longestRetryAfterMs = 300_000

class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError'
}

export function createStreamSender(
  destinations: Destinations,
  resolve: LookupFunction = systemLookup,
): StreamSender {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }

  return {
    async send(request, signal) {
      const reason = whyNotEndpoint(destinations, request.url)
      if (reason !== undefined) return { accepted: false, failure: `${reason}.` }
      const deadline = AbortSignal.timeout(timeoutMs)
      const connection = {
        agent: request.url.protocol === 'https:' ? agents.https : agents.http,
        lookup: createGuardedLookup(
          resolve,
          (address) => mayReachAt(destinations, request.url, address),
          () => new RefusedAddressError(refusedAddress),
        ),
        signal: AbortSignal.any([signal, deadline]),
      }
      try {
        return await exchange(request, connection)
      } catch (error) {
        return { accepted: false, failure: deadline.aborted ? tooSlow : failureOf(error) }
      }
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

/** Why nothing will ever be sent to this URL, as far as it can be seen in it; undefined when something may. */
export function whyNotEndpoint(destinations: Destinations, url: URL): string | undefined {
  return mayEverReach(destinations, url) ? undefined : refusedAddress
}

const refusedAddress =
  'Streams may not reach this address: it takes https and a public address, or one that TALLYSTICK_STREAM_PRIVATE lists'
const closed = 'The receiver closed the connection without an answer.'
const tooSlow = `There was no answer within ${timeoutMs / 1000} seconds.`

function exchange({ url, headers, body }: StreamRequest, connection: RequestOptions): Promise<SendOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<SendOutcome>()
  const bytes = Buffer.from(body)
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
    url,
    {
      ...connection,
      method: 'POST',
      headers: { ...headers, 'content-length': String(bytes.length), 'user-agent': 'tallystick' },
    },
    (response) => {
      resolve(outcomeOf(response))
      // A short answer is read to its end, so that its connection can be used again; of a long one nothing is wanted.
      response.on('error', () => {})
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > maxAnswerBytes) response.destroy()
      })
    },
  )
  request.on('error', reject)
  // Also without an error, as when the receiver would rather speak another protocol (101): whoever waits must not wait on.
  request.once('close', () => resolve({ accepted: false, failure: closed }))
  request.end(bytes)
  return promise
}

const maxAnswerBytes = 65_536

function outcomeOf({ statusCode = 0, headers }: IncomingMessage): SendOutcome {
  if (statusCode >= 200 && statusCode < 300) return { accepted: true }
  const failure = `The receiver answered with status ${statusCode}.`
  // RFC 9110 §10.2.3, as a number of seconds.
  const seconds = /^\d{1,9}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : undefined
  if (seconds === undefined) return { accepted: false, failure }
  return { accepted: false, failure, retryAfterMs: Math.min(seconds * 1000, longestRetryAfterMs) }
}

function failureOf(error: unknown): string {
  if (error instanceof RefusedAddressError) return `${error.message}.`
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return `The receiver could not be reached (${code}).`
}
