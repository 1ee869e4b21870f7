/** What the command was told that concerns rules. */
import type { GivenSecrets } from './rule-secrets.ts'

export interface RuleOptions {
  readonly given: GivenSecrets
  /** Values are sent for secrets that are here already, too. */
  readonly replaceSecrets: boolean
  /** Of the tenant's settings. */
  readonly allowedHosts: readonly string[]
}
