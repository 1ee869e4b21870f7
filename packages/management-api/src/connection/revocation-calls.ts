import type { RevocationsQuery, RevocationToCreate } from '../contract/revocations.ts'
import type { Call } from './call.ts'
import { pageOf } from './page.ts'

export function revocationCalls(call: Call) {
  return {
    list: async (query: Omit<RevocationsQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/revocations', { query: { ...query, include_totals: true } })),
    /** Exactly one of `jti`, `token`, `client_id` and `rule_version_id`. */
    create: (body: RevocationToCreate) => call('POST', '/revocations', { body }),
  }
}
