/** A rule without one of its secrets would refuse everybody, or worse, nobody. */
import type { Remark } from './plan.ts'
import type { RuleKind } from './rule-secrets.ts'

interface RuleWithSecrets {
  readonly about: string
  readonly kind: RuleKind
  readonly name: string
  /** It is enabled, or deployed. */
  readonly willRun: boolean
}

export function missingSecretRemarks(rule: RuleWithSecrets, missing: readonly string[]): Remark[] {
  if (missing.length === 0) return []
  const lines = { [rule.kind]: { [rule.name]: Object.fromEntries(missing.map((secret) => [secret, '…'])) } }
  return [
    {
      kind: rule.willRun ? 'stops' : 'todo',
      about: rule.about,
      text: `the export does not hold the values of its secrets (${missing.join(', ')}): give --rule-secrets FILE with ${JSON.stringify(lines)}`,
    },
  ]
}
