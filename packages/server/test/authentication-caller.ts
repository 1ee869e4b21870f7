/**
 * Token requests from a chosen address of this machine. Linux answers on the whole of 127.0.0.0/8, so a test can speak from
 * as many addresses as it needs.
 */
import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** One address and its one connection, which is kept between requests. */
export class Caller {
  readonly #url: URL
  readonly #agent: Agent
  readonly #localAddress: string

  constructor(url: string, localAddress: string) {
    this.#url = new URL('/oauth/token', url)
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
    this.#localAddress = localAddress
  }

  requestToken(
    credentials: { client_id: string; client_secret: string },
    method: 'post' | 'basic' = 'post',
  ): Promise<Answer> {
    const grant = { grant_type: 'client_credentials', audience: 'https://invoices.example.com/' }
    if (method === 'post') return this.#send({ ...grant, ...credentials }, {})
    const { client_id, client_secret } = credentials
    return this.#send(grant, { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` })
  }

  #send(fields: Record<string, string>, headers: Record<string, string>): Promise<Answer> {
    const body = JSON.stringify(fields)
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        localAddress: this.#localAddress,
        headers: {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          ...headers,
        },
      })
      sent.once('error', reject)
      sent.once('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          text += part
        })
        response.once('error', reject)
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        })
      })
      sent.end(body)
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
