/**
 * The certificate that a client showed in a TLS handshake (RFC 8705): that of this connection, or one with a trusted
 * proxy, which passes it on in a header. From anybody else the header is ignored, since anyone can write it; and what
 * a proxy shows in its own handshake says nothing about the client behind it.
 */
import type { X509Certificate } from 'node:crypto'
import { BlockList, isIPv6, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import { maxIntermediates } from '../keys/certificate/certificate-path.ts'
import type { PresentedCertificate } from '../keys/certificate/client-certificate.ts'
import { certificateInHeaders } from './forwarded-certificate.ts'

/** `unreadable`: the proxy said something that is not exactly one certificate. */
export type ReadClientCertificate = (
  request: FastifyRequest,
) => PresentedCertificate | 'unreadable' | undefined

export interface CertificateSources {
  readonly trustedProxies: readonly string[]
  /** The header in which they pass it on, in lower case; undefined where they do not. */
  readonly clientCertificateHeader: string | undefined
}

/** Kept for a connection as long as it lasts. */
interface Peer {
  readonly isProxy: boolean
  readonly certificate: PresentedCertificate | undefined
}

export function createReadClientCertificate({
  trustedProxies,
  clientCertificateHeader: header,
}: CertificateSources): ReadClientCertificate {
  const proxies = new BlockList()
  for (const cidr of trustedProxies) {
    const [address = '', bits = ''] = cidr.split('/')
    proxies.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  const peers = new WeakMap<Socket, Peer>()
  return function readClientCertificate({ raw: { socket, headersDistinct } }) {
    const { isProxy, certificate } = peers.get(socket) ?? peerOf(proxies, socket)
    peers.set(socket, { isProxy, certificate })
    if (!isProxy || header === undefined) return certificate
    return certificateInHeaders(headersDistinct[header], headersDistinct[`${header}-chain`])
  }
}

function peerOf(proxies: BlockList, socket: Socket): Peer {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
  const isProxy = proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  return {
    isProxy,
    certificate: isProxy || !(socket instanceof TLSSocket) ? undefined : shownOn(socket),
  }
}

function shownOn(socket: TLSSocket): PresentedCertificate | undefined {
  const leaf = socket.getPeerX509Certificate()
  if (!leaf) return undefined
  const intermediates: X509Certificate[] = []
  let next = leaf.issuerCertificate
  while (next && intermediates.length < maxIntermediates) {
    intermediates.push(next)
    next = next.issuerCertificate
  }
  return { leaf, intermediates }
}
