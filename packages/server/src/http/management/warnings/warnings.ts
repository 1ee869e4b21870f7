/** Warnings: what ends soon, or keeps clients from proving themselves already, gathered from where each of it is kept. */
import { defaultWarningDays, maxWarnings, type Warning } from '@tallystick/management-api/contract/warnings'
import { createConcurrencyLimit } from '../operation/concurrency-limit.ts'
import type { Handlers } from '../operation/handler.ts'
import { endingProofs, type ProofsDeps } from './ending-proofs.ts'
import { type KeySetsDeps, unavailableKeys } from './unavailable-keys.ts'
import { type SigningKeysDeps, signingKeyWarnings } from './waiting-signing-keys.ts'

export interface WarningHandlerDeps extends ProofsDeps, KeySetsDeps, SigningKeysDeps {
  readonly clients: ProofsDeps['clients'] & KeySetsDeps['clients']
  readonly now: () => Date
}

const dayMs = 86_400_000
/** Of one tenant: each looks at every certified name and every client that publishes its keys. */
const maxListsAtOnce = 4

export function createWarningHandlers(deps: WarningHandlerDeps): Pick<Handlers, 'listWarnings'> {
  const withinLimit = createConcurrencyLimit(maxListsAtOnce, 'lists of warnings')
  return {
    async listWarnings({ request: { tenant }, query }) {
      const now = deps.now()
      const until = new Date(now.getTime() + (query.within_days ?? defaultWarningDays) * dayMs)
      const warnings = await withinLimit(
        tenant.id,
        async (): Promise<Warning[]> => [
          ...(await unavailableKeys(deps, tenant.id)),
          ...(await signingKeyWarnings(deps, tenant, now)),
          ...(await endingProofs(deps, tenant.id, now, until)),
        ],
      )
      return warnings.slice(0, maxWarnings)
    },
  }
}
