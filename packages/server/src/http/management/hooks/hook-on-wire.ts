import type { Hook, ListedHook } from '@tallystick/management-api/contract/hooks'
import type { Rule, RuleVersion, RuleVersionDetails } from '../../../domain/rule.ts'

export function listedHookOnWire(rule: Rule, version: RuleVersionDetails): ListedHook {
  return {
    id: rule.id,
    name: rule.name,
    triggerId: rule.trigger,
    enabled: rule.enabled,
    dependencies: Object.fromEntries(version.dependencies.map((one) => [one.name, one.version])),
  }
}

export function hookOnWire(rule: Rule, version: RuleVersion): Hook {
  return { ...listedHookOnWire(rule, version), script: version.source }
}
