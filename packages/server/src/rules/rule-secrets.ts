/** The secrets of rules: what may be one, and how each is encrypted for the row that holds it. */
import {
  type EncryptedValue,
  maxSecretNameLength,
  maxSecretsPerRule,
  maxSecretValueBytes,
  type RuleId,
  type RuleVersion,
  type RuleVersionId,
} from '../domain/rule.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { Encryption, RowIdentity } from '../keys/secret/encryption.ts'
import { RuleRefusedError } from './rule-refused.ts'

/** By name; null keeps the stored value. A stored secret that is not named here ends. */
export type SecretsToKeep = Readonly<Record<string, string | null>>

/** Every secret of this version, with its value. */
export function keepAllSecrets({ secrets }: Pick<RuleVersion, 'secrets'>): SecretsToKeep {
  return Object.fromEntries(Object.keys(secrets).map((name) => [name, null]))
}

type SecretIdentity = (name: string) => RowIdentity

/** The row a version's secret belongs to: a value copied to another secret, version or tenant does not open. */
export function ruleSecretIdentity(tenantId: TenantId, versionId: RuleVersionId, name: string) {
  return ['rule_versions', tenantId, versionId, 'secret', name] as const
}

/** The row a draft's secret belongs to. */
export function draftSecretIdentity(tenantId: TenantId, ruleId: RuleId, name: string) {
  return ['action_drafts', tenantId, ruleId, 'secret', name] as const
}

/** Encrypted values by name, and the identity under which each opens. */
export interface StoredSecrets {
  readonly values: Readonly<Record<string, EncryptedValue>>
  readonly identity: SecretIdentity
}

/** @throws RuleRefusedError for a name or a value that cannot be kept, or a value to keep that is not stored. */
export function encryptSecrets(
  encryption: Encryption,
  secrets: SecretsToKeep,
  identity: SecretIdentity,
  stored: StoredSecrets | undefined,
): Record<string, EncryptedValue> {
  refuseBadSecrets(secrets)
  const encrypted: [string, EncryptedValue][] = []
  for (const [name, value] of Object.entries(secrets)) {
    const text = value ?? openSecret(encryption, name, stored)
    encrypted.push([name, encryption.encrypt(text, identity(name))])
  }
  return Object.fromEntries(encrypted)
}

export function openSecrets(encryption: Encryption, stored: StoredSecrets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stored.values).map(([name, value]) => [
      name,
      encryption.decrypt(value, stored.identity(name)),
    ]),
  )
}

function openSecret(encryption: Encryption, name: string, stored: StoredSecrets | undefined): string {
  const value = stored && Object.hasOwn(stored.values, name) ? stored.values[name] : undefined
  if (!stored || value === undefined) {
    throw new RuleRefusedError(
      'bad_secret',
      `The secret ${name} has no stored value, so a value has to be sent.`,
    )
  }
  return encryption.decrypt(value, stored.identity(name))
}

// What JavaScript treats specially as a property name; a secret of that name could not be read by a rule.
const unreadableNames = new Set(['__proto__', 'constructor', 'prototype'])

function refuseBadSecrets(secrets: SecretsToKeep): void {
  const entries = Object.entries(secrets)
  if (entries.length > maxSecretsPerRule) {
    throw new RuleRefusedError(
      'too_many_secrets',
      `The rule has ${entries.length} secrets; at most ${maxSecretsPerRule} are allowed.`,
    )
  }
  for (const [name, value] of entries) {
    if (name === '' || name.length > maxSecretNameLength || unreadableNames.has(name)) {
      throw new RuleRefusedError(
        'bad_secret',
        `A secret's name has 1 to ${maxSecretNameLength} characters and is not __proto__, constructor or prototype.`,
      )
    }
    if (value !== null && Buffer.byteLength(value) > maxSecretValueBytes) {
      throw new RuleRefusedError(
        'bad_secret',
        `The value of the secret ${name} is larger than ${maxSecretValueBytes} bytes.`,
      )
    }
  }
}
