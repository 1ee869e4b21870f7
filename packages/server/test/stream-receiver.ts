/** A receiver of log streams, as an operator would run one: it keeps what it accepts and answers as it is told. */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface ReceivedEntry {
  readonly log_id: string
  readonly data: {
    readonly type: string
    readonly description: string
    readonly details: Record<string, unknown>
  }
}

export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type StreamReceiver = Awaited<ReturnType<typeof startStreamReceiver>>

export async function startStreamReceiver() {
  /** Every request, accepted or not. */
  const requests: ReceivedRequest[] = []
  /** Of accepted requests in JSON lines, in the order in which they came. */
  const entries: ReceivedEntry[] = []
  const answer = { status: 204, headers: {} as Record<string, string> }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    requests.push({ headers: request.headers, body })
    if (answer.status < 300 && body.startsWith('{"log_id"')) {
      for (const line of body.trimEnd().split('\n')) entries.push(JSON.parse(line))
    }
    response.writeHead(answer.status, answer.headers).end('thank you')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/logs`,
    port,
    requests,
    entries,
    answer,
    /** As if it had just been started. */
    forget(): void {
      requests.length = 0
      entries.length = 0
      Object.assign(answer, { status: 204, headers: {} })
    },
    /** Waits until it holds, or fails. */
    async until(condition: () => boolean, withinMs = 120_000): Promise<void> {
      const endsAt = performance.now() + withinMs
      while (!condition()) {
        if (performance.now() > endsAt)
          throw new Error(`Received ${entries.length} entries in ${requests.length} requests.`)
        await delay(10)
      }
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As a receiver verifies it: Standard Webhooks 1.0, with the secret's text as the key. */
export function isSigned({ headers, body }: ReceivedRequest, secret: string): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  return headers['webhook-signature'] === `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`
}
