/**
 * The certificate that a client showed in the TLS handshake of this connection (RFC 8705). No header names one: anybody
 * can write a header. That of a trusted proxy is the proxy's own and says nothing of the client behind it.
 */
import { BlockList, isIPv6, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import { maxIntermediates } from '../keys/certificate-path.ts'
import type { PresentedCertificate } from '../keys/client-certificate.ts'

export type ReadClientCertificate = (request: FastifyRequest) => PresentedCertificate | undefined

export function createReadClientCertificate(trustedProxies: readonly string[]): ReadClientCertificate {
  const proxies = new BlockList()
  for (const cidr of trustedProxies) {
    const [address = '', bits = ''] = cidr.split('/')
    proxies.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  // A connection shows one certificate as long as it stands.
  const shown = new WeakMap<Socket, { readonly certificate: PresentedCertificate | undefined }>()
  return function readClientCertificate({ raw: { socket } }) {
    if (!(socket instanceof TLSSocket)) return undefined
    const known = shown.get(socket) ?? { certificate: isProxy(proxies, socket) ? undefined : shownOn(socket) }
    shown.set(socket, known)
    return known.certificate
  }
}

function isProxy(proxies: BlockList, { remoteAddress = '' }: Socket): boolean {
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function shownOn(socket: TLSSocket): PresentedCertificate | undefined {
  const leaf = socket.getPeerX509Certificate()
  if (!leaf) return undefined
  const intermediates: Uint8Array[] = []
  let next = leaf.issuerCertificate
  while (next && intermediates.length < maxIntermediates) {
    intermediates.push(next.raw)
    next = next.issuerCertificate
  }
  return { der: leaf.raw, intermediates }
}
