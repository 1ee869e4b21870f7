/**
 * The listener that speaks TLS. Its certificate can be replaced while it serves: open connections go on, and new ones
 * get the new certificate.
 */
import { constants } from 'node:crypto'
import type { Server } from 'node:http'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { FastifyServerFactory } from 'fastify'
import { revealSecret } from '../keys/secret/secret-text.ts'
import { cipherSuites, minTlsVersion, type TlsPair } from '../keys/tls/tls-pair.ts'

export interface TlsListener {
  readonly serverFactory: FastifyServerFactory
  /** Shows this pair from the next connection on. */
  use(pair: TlsPair): void
}

export interface TlsListenerOptions {
  /** Whether clients are asked for a certificate in the handshake. */
  readonly asksForCertificates: boolean
}

/**
 * A handshake that takes longer is cut off, so that a silent connection cannot keep a server from stopping, either.
 */
const handshakeTimeoutMs = 5000

export function createTlsListener(first: TlsPair, { asksForCertificates }: TlsListenerOptions): TlsListener {
  let pair = first
  const servers: ReturnType<typeof createServer>[] = []
  return {
    serverFactory(handler): Server {
      const server = createServer(
        {
          ...contextOf(pair),
          handshakeTimeout: handshakeTimeoutMs,
          // RFC 8705 §2: the handshake proves that the client has the key. Whether the certificate counts is decided
          // once the request names its client; a client without one goes on without.
          requestCert: asksForCertificates,
          rejectUnauthorized: false,
          requireHostHeader: false,
        },
        handler,
      )
      // Scanners, and clients that do not trust this server: not our fault, and for them to report.
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

// A resumed session has the client's certificate but not the chain that came with it, so each connection does a full
// handshake. Only one: who is at the other end is settled with the first request.
const secureOptions = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION

function contextOf(pair: TlsPair) {
  return {
    cert: pair.certificate,
    key: revealSecret(pair.key),
    minVersion: minTlsVersion,
    ciphers: cipherSuites,
    secureOptions,
  } as const
}
