/** One token request as it is written, without a library that would mend what is wrong in it. */
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Side } from './sides.ts'

export interface TokenRequest {
  readonly method?: string
  /** Behind the path. */
  readonly query?: string
  /** Several of one name are sent one by one. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: string
}

/** The status and the error, or `200` and the type of the token. */
export async function answerOf({ tokenUrl }: Side, sent: TokenRequest, from: string): Promise<string> {
  const { method = 'POST', query = '', headers = {}, body = '' } = sent
  const url = new URL(tokenUrl + query)
  const outgoing = request({
    host: '127.0.0.1',
    port: url.port,
    path: url.pathname + url.search,
    method,
    // Each case from an address of its own: nobody waits for the failures of another.
    localAddress: from,
    agent: false,
    headers: Object.fromEntries(
      Object.entries({
        host: url.host,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
        ...headers,
      }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, typeof value === 'string' ? value : [...value]]],
      ),
    ),
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  outgoing.end(body)
  const response = await answered
  const answer = objectIn(await text(response))
  return `${response.statusCode} ${answer.error ?? answer.token_type ?? ''}`.trim()
}

function objectIn(json: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(json))
  } catch {
    return {}
  }
}
