/**
 * What the head of a request says of the message itself, held to RFC 9112 where the parser is lenient: what a proxy in
 * front could have read in another way than we do is no request that anybody should answer.
 */
import type { FastifyRequest } from 'fastify'

// RFC 9110 §7.2: a host as RFC 3986 §3.2.2 has it, and a port.
const hostHeader = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/

/** Why the message is none, in a sentence; undefined for one that can be read in one way only. */
export function messageFault({ raw }: FastifyRequest): string | undefined {
  // A request line without a version, which is how HTTP began.
  if (raw.httpVersionMajor < 1) return 'The request line has no HTTP version; speak HTTP/1.1.'
  // RFC 9110 §9.3.8: it would send back what the request holds, secrets among it.
  if (raw.method === 'TRACE') return 'The method TRACE is not offered.'
  const { host = [], upgrade = [], 'transfer-encoding': codings = [] } = raw.headersDistinct
  if (host.length > 1) return 'The request has more than one Host header; send one.'
  if (host.length === 0 && raw.httpVersion === '1.1') return 'The request has no Host header.'
  if (!hostHeader.test(host[0] ?? '')) return 'The Host header is no host with a port.'
  // Taken out of HTTP by RFC 9113 §3.1. A proxy that passes it on may go on as if it had been granted.
  if (upgrade.some((protocols) => /(?:^|,)\s*h2c\s*(?:,|$)/i.test(protocols))) {
    return 'The request asks to go on in HTTP/2 (Upgrade: h2c); this server speaks HTTP/1.1, so ask in that.'
  }
  // RFC 9112 §6.1. The parser takes what stands before `chunked` for known, and hands the body on as it is.
  if (codings.some((coding) => coding.trim().toLowerCase() !== 'chunked')) {
    return 'The request has a Transfer-Encoding other than chunked; none is read.'
  }
  if (codings.length > 0 && raw.httpVersion === '1.0') return 'HTTP/1.0 has no Transfer-Encoding.'
  return undefined
}
