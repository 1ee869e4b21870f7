/** Publishes key sets as a client or an issuer does, and answers worse where a test says so; it notes who asked for what. */
import type { KeyObject } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type KeyPublisher = Awaited<ReturnType<typeof startKeyPublisher>>

export interface PublishedKey {
  readonly publicKey: KeyObject
  readonly kid?: string
  /** Members of the JWK beside those of the key, or instead of them. */
  readonly more?: Readonly<Record<string, unknown>>
}

export async function startKeyPublisher() {
  /** Paths, in the order in which they were asked for. */
  const asked: string[] = []
  const answers = new Map<string, (response: ServerResponse) => void>()
  const server = createServer((request, response) => {
    const path = String(request.url)
    asked.push(path)
    const answer = answers.get(path)
    if (answer) answer(response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    port,
    asked,
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    timesAsked: (path: string) => asked.filter((one) => one === path).length,
    answer(path: string, answer: (response: ServerResponse) => void): void {
      answers.set(path, answer)
    },
    publish(path: string, keys: readonly PublishedKey[], headers: Record<string, string> = {}): void {
      const body = JSON.stringify({ keys: keys.map(jwkOf) })
      answers.set(path, (response) =>
        response.writeHead(200, { 'content-type': 'application/jwk-set+json', ...headers }).end(body),
      )
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function jwkOf({ publicKey, kid, more }: PublishedKey): object {
  return { ...publicKey.export({ format: 'jwk' }), ...(kid !== undefined && { kid }), ...more }
}
