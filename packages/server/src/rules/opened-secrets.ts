/**
 * The secrets of rules as their pipeline uses them: opened, and as the texts to mask. What is opened is kept as long as
 * storage remembers the version that it was opened for, which it reads anew whenever anything is written.
 */
import type { PipelineRule, RuleVersionDetails } from '../domain/rule.ts'
import type { Encryption } from '../keys/secret/encryption.ts'
import { needlesOf } from './masking.ts'
import { openSecrets, ruleSecretIdentity } from './rule-secrets.ts'

export interface OpenedSecrets {
  readonly values: Readonly<Record<string, string>>
  readonly needles: readonly string[]
}

export function createOpenSecretsOf(encryption: Encryption): (step: PipelineRule) => OpenedSecrets {
  const kept = new WeakMap<RuleVersionDetails, OpenedSecrets>()
  return function openSecretsOf({ version }) {
    const opened = kept.get(version) ?? open(encryption, version)
    kept.set(version, opened)
    return opened
  }
}

function open(encryption: Encryption, version: RuleVersionDetails): OpenedSecrets {
  const values = openSecrets(encryption, {
    values: version.secrets,
    identity: (name) => ruleSecretIdentity(version.tenantId, version.id, name),
  })
  return { values, needles: needlesOf(Object.values(values)) }
}
