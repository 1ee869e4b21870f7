/**
 * The part of a token request that may be shown and kept: to rules, and in the exchange record. What could
 * let its reader speak for the client is left out, wherever in the request it was put.
 */
import type { RuleRequest } from '../rules/callback-input.ts'
import { isUntouched, maskedJson } from '../rules/masking.ts'
import type { Exchange, IncomingTokenRequest } from './exchange.ts'
import { knownParameters } from './parameters.ts'

const credentialParameters = new Set([
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'access_token',
  'dpop',
])
const credentialHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'dpop'])
/**
 * Proxies tell of certificates in headers of many names, and one of these may be what proves the client
 * (`TALLYSTICK_CLIENT_CERTIFICATE_HEADER`, which has to be such a name).
 */
const ofCertificates = /cert/

export function visibleToRules({ incoming, maskPresented: mask }: Exchange): RuleRequest {
  const request = {
    ip: incoming.ip,
    userAgent: incoming.userAgent,
    query: withoutCredentials(Object.entries(incoming.rawQuery)),
    body: withoutCredentials(incoming.raw.rawParameters),
    headers: visibleHeaders(incoming.rawHeaders),
  }
  // What proved the client may stand under other names as well: a header of its own, a parameter for rules.
  if (isUntouched(JSON.stringify(request), mask)) return request
  const masked: RuleRequest = JSON.parse(maskedJson(request, mask))
  return masked
}

/** Characters kept of each parameter of a request whose client is not proven: anyone can send those, and send many. */
const maxUnprovenLength = 1000

/**
 * What is kept of a request whose client is not proven: the parameters that say what was asked, each masked and then cut.
 */
export function visibleUnproven(incoming: IncomingTokenRequest, mask: (text: string) => string): RuleRequest {
  const body = incoming.raw.rawParameters.flatMap(([name, rawValue]) =>
    knownParameters.has(name) && !credentialParameters.has(name) && typeof rawValue === 'string'
      ? [[name, mask(rawValue).slice(0, maxUnprovenLength)] as const]
      : [],
  )
  const userAgent = mask(incoming.userAgent).slice(0, maxUnprovenLength)
  return { ip: incoming.ip, userAgent, query: {}, body: Object.fromEntries(body), headers: {} }
}

// `Object.fromEntries` defines own members, so that a parameter called `__proto__` stays a parameter.
function withoutCredentials(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries.filter(([name]) => !credentialParameters.has(name.toLowerCase())))
}

function visibleHeaders(rawHeaders: IncomingTokenRequest['rawHeaders']): Record<string, string> {
  const headers: [string, string][] = []
  for (const [name, value] of Object.entries(rawHeaders)) {
    if (value === undefined || credentialHeaders.has(name) || ofCertificates.test(name)) continue
    headers.push([name, typeof value === 'string' ? value : value.join(', ')])
  }
  return Object.fromEntries(headers)
}
