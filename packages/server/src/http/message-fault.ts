/**
 * Checks the head of a request against RFC 9112 where the parser is lenient: a request that a proxy in front could
 * have read differently must not be answered.
 */
import type { FastifyRequest } from 'fastify'

// RFC 9110 §7.2: a host as RFC 3986 §3.2.2 has it, and a port.
const hostHeader = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/

/** What is wrong with the message, in a sentence; undefined for one that can be read in only one way. */
export function messageFault({ raw }: FastifyRequest): string | undefined {
  // A request line without a version, as in HTTP/0.9.
  if (raw.httpVersionMajor < 1) return 'The request line has no HTTP version; speak HTTP/1.1.'
  // RFC 9110 §9.3.8: it would send back what the request holds, secrets among it.
  if (raw.method === 'TRACE') return 'The method TRACE is not offered.'
  const { host = [], upgrade = [], 'transfer-encoding': codings = [] } = raw.headersDistinct
  if (host.length > 1) return 'The request has more than one Host header; send one.'
  if (host.length === 0 && raw.httpVersion === '1.1') return 'The request has no Host header.'
  if (!hostHeader.test(host[0] ?? '')) return 'The Host header is no host with a port.'
  // Removed from HTTP by RFC 9113 §3.1. A proxy that passes it on may behave as if it had been granted.
  if (upgrade.some((protocols) => /(?:^|,)\s*h2c\s*(?:,|$)/i.test(protocols))) {
    return 'The request asks to go on in HTTP/2 (Upgrade: h2c); this server speaks HTTP/1.1, so ask in that.'
  }
  // RFC 9112 §6.1. The parser accepts any coding before `chunked`, and hands the body on undecoded.
  if (codings.some((coding) => coding.trim().toLowerCase() !== 'chunked')) {
    return 'The request has a Transfer-Encoding other than chunked; none is read.'
  }
  if (codings.length > 0 && raw.httpVersion === '1.0') return 'HTTP/1.0 has no Transfer-Encoding.'
  return undefined
}
