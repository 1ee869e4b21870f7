/** A rule and its versions as the wire shows them: the names of secrets, never a value. */
import type {
  Rule as RuleOnWire,
  RuleVersion as RuleVersionOnWire,
  RuleWithCode,
} from '@tallystick/management-api/contract/pipeline'
import type { Rule, RuleVersion, RuleVersionDetails } from '../../../domain/rule.ts'

export function ruleOnWire(rule: Rule, version: RuleVersion): RuleOnWire {
  return {
    id: rule.id,
    name: rule.name,
    door: rule.door,
    model: rule.model,
    order: rule.order,
    enabled: rule.enabled,
    client_id: rule.clientFilter ?? null,
    version: versionOnWire(rule, version),
    created_at: rule.createdAt.toISOString(),
    updated_at: rule.updatedAt.toISOString(),
  }
}

export function withCode(rule: Rule, version: RuleVersion): RuleWithCode {
  return { ...ruleOnWire(rule, version), code: version.source }
}

export function versionOnWire(rule: Rule, version: RuleVersionDetails): RuleVersionOnWire {
  return {
    id: version.id,
    number: version.number,
    active: version.id === rule.activeVersionId,
    secrets: Object.keys(version.secrets).toSorted(),
    created_at: version.createdAt.toISOString(),
  }
}
