import { isIP } from 'node:net'
import type { Config } from './config.ts'
import type { Storage } from './domain/storage.ts'

/** Under what names and addresses clients reach a server that makes its own certificate. */
export async function tlsHosts(
  { host, publicOrigin }: Pick<Config, 'host' | 'publicOrigin'>,
  storage: Pick<Storage, 'tenants'>,
): Promise<readonly string[]> {
  const origins = [publicOrigin, ...(await originsOf(storage))]
  const named = origins.filter((origin) => origin !== undefined).map(hostOf)
  const bound = isIP(host) > 0 && !everyInterface.has(host) ? [host] : []
  return [...new Set(['localhost', '127.0.0.1', '::1', ...bound, ...named])]
}

async function originsOf({ tenants }: Pick<Storage, 'tenants'>): Promise<(string | undefined)[]> {
  const origins: (string | undefined)[] = []
  for (;;) {
    const page = await tenants.list({ offset: origins.length, limit: pageSize })
    origins.push(...page.map((tenant) => tenant.origin))
    if (page.length < pageSize) return origins
  }
}

const pageSize = 100
const everyInterface = new Set(['0.0.0.0', '::'])

function hostOf(origin: string): string {
  return new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1')
}
