/**
 * Which tenant a request speaks to: the one whose origin has its Host. The Host picks among configured tenants and
 * does nothing else; an issuer is never made from it. While there is only the default tenant, every Host is accepted
 * for it, so that the server answers by whatever name it is reached, with or without a proxy.
 */
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../domain/errors.ts'
import type { Tenant, TenantStore } from '../domain/tenant.ts'

export interface PickTenantDeps {
  readonly tenants: Pick<TenantStore, 'findByHost' | 'count'>
  /** @throws ManagementError while the first start has not made it. */
  readonly defaultTenant: () => Promise<Tenant>
  readonly defaultOrigin: () => string
}

/** @throws ManagementError `not_found` from the function when no tenant has this host. */
export function createPickTenant({ tenants, defaultTenant, defaultOrigin }: PickTenantDeps) {
  let known = { origin: '', host: '' }

  /** Taken apart anew only when it has changed, as it does once the port is known. */
  function defaultHost(): string {
    const origin = defaultOrigin()
    if (origin !== known.origin) {
      known = { origin, host: withoutDefaultPort(URL.parse(origin)?.host ?? '') }
    }
    return known.host
  }

  return async function pickTenant(rawHost: string): Promise<Tenant> {
    const byDefault = await defaultTenant()
    const host = rawHost.toLowerCase()
    // First: no tenant can take the host from which all of them are managed.
    if (withoutDefaultPort(host) === defaultHost()) return byDefault
    const named = (await tenants.findByHost(host)) ?? (await tenants.findByHost(withoutDefaultPort(host)))
    if (named) return named
    if (isLoopback(host) || (await tenants.count()) <= 1) return byDefault
    throw new ManagementError('not_found', noSuchHost)
  }
}

/** Also where the tenant that had it was removed while the request was under way. */
export const noSuchHost =
  'No tenant of this server has this host. Ask by the host of a tenant; behind a proxy, pass on the Host header.'

/** A proxy may add a port that its client left out: with and without it is the same host. */
export function withoutDefaultPort(host: string): string {
  return host.replace(/:(?:80|443)$/, '')
}

const wholeUrl = /^https?:\/\/([^/?#]*)/i

/**
 * RFC 9112 §3.2.2: where the request target is a whole URL, its host counts and the Host header does not; proxies
 * that follow the RFC have used the URL. Other headers of a proxy may repeat what a stranger sent to it.
 */
export function hostOf({ raw, headers }: FastifyRequest): string {
  return wholeUrl.exec(raw.url ?? '')?.[1] ?? headers.host ?? ''
}

/** Path and query, without the host where the target is a whole URL. */
export function targetOf({ url }: FastifyRequest): string {
  return url.replace(wholeUrl, '')
}

/** From the machine itself, where the public name need not be known. */
function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/.test(host)
}
