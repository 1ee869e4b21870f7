import type {
  TokenToExplain,
  TrustedIssuerChange,
  TrustedIssuerToCreate,
} from '../contract/trusted-issuers.ts'
import type { Call } from './call.ts'

/** Other issuers, whose tokens authenticate clients. */
export function trustedIssuerCalls(call: Call) {
  return {
    list: () => call('GET', '/trusted-issuers'),
    create: (body: TrustedIssuerToCreate) => call('POST', '/trusted-issuers', { body }),
    get: (id: string) => call('GET', '/trusted-issuers/:id', { params: { id } }),
    update: (id: string, body: TrustedIssuerChange) =>
      call('PATCH', '/trusted-issuers/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/trusted-issuers/:id', { params: { id } }),
    /** Which client the token stands for; it is not used up. */
    explain: (body: TokenToExplain) => call('POST', '/trusted-issuers/explain', { body }),
  }
}
