/** A proxy in front of a server that passes everything on and loses one answer, as a cut connection does. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'

export interface LosingProxy {
  readonly origin: string
  /** The next answer to this request is lost on its way, after the server has done what was asked. */
  loseNext(method: string, path: string): void
  close(): Promise<void>
}

export async function startLosingProxy(target: string): Promise<LosingProxy> {
  let lost: string | undefined
  const proxy = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    const onward = request(new URL(url, target), {
      method,
      headers: { ...headers, host: new URL(target).host },
    })
    onward.on('response', (answer) => {
      if (lost === `${method} ${url}`) {
        lost = undefined
        answer.resume().on('end', () => outgoing.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new TypeError('The proxy has no port.')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    loseNext(method, path) {
      lost = `${method} ${path}`
    },
    async close() {
      proxy.closeAllConnections()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
