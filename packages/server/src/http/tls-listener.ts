/**
 * The listener that speaks TLS. Its certificate can be replaced while it serves: connections that stand go on, and
 * new ones are shown the new one.
 */
import type { Server } from 'node:http'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { FastifyServerFactory } from 'fastify'
import { revealSecret } from '../keys/secret-text.ts'
import { minTlsVersion, type TlsPair } from '../keys/tls-pair.ts'

export interface TlsListener {
  readonly serverFactory: FastifyServerFactory
  /** Shows this pair from the next connection on. */
  use(pair: TlsPair): void
}

/** A handshake that takes longer is cut off; so a silent connection cannot keep a server from stopping, either. */
const handshakeTimeoutMs = 5000

export function createTlsListener(first: TlsPair): TlsListener {
  let pair = first
  const servers: ReturnType<typeof createServer>[] = []
  return {
    serverFactory(handler): Server {
      const server = createServer({ ...contextOf(pair), handshakeTimeout: handshakeTimeoutMs }, handler)
      // Scanners, and clients that do not trust us: no fault of ours, and theirs to tell.
      server.on('tlsClientError', (_error: Error, socket: TLSSocket) => socket.destroy())
      servers.push(server)
      return server
    },
    use(next) {
      pair = next
      for (const server of servers) server.setSecureContext(contextOf(pair))
    },
  }
}

function contextOf(pair: TlsPair) {
  return { cert: pair.certificate, key: revealSecret(pair.key), minVersion: minTlsVersion } as const
}
