/**
 * Publishing a rule: an uploaded source becomes a new, immutable version. Whatever the door, the same
 * checks: size, names, and that it compiles, so that a typing error shows when the rule is uploaded
 * and not when a machine asks for a token.
 */
import type { ClientId } from '../domain/client.ts'
import {
  type EncryptedValue,
  maxRulesPerTenant,
  maxSecretNameLength,
  maxSecretsPerRule,
  maxSecretValueBytes,
  maxSourceBytes,
  type Rule,
  type RuleDoor,
  type RuleId,
  type RuleName,
  type RuleStore,
  type RuleVersion,
  type RuleVersionId,
  type WebtaskDetails,
} from '../domain/rule.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { Write } from '../domain/write.ts'
import type { Encryption } from '../keys/encryption.ts'
import type { Sandbox } from '../sandbox/invocation.ts'
import { callbackProgram } from './callback-model.ts'

/** A rule as a door hands it in: parsed in shape, not yet checked in content. */
export interface RuleUpload {
  readonly door: RuleDoor
  readonly name: RuleName
  /** Undefined keeps the stored source of the rule with this name. */
  readonly source: string | undefined
  /** By name; null keeps the stored value. A stored secret that is not named here ends. */
  readonly secrets: Readonly<Record<string, string | null>>
  readonly order: number
  readonly enabled: boolean
  readonly clientFilter: ClientId | undefined
  readonly webtask: WebtaskDetails | undefined
}

export type RuleRefusal =
  | 'too_large'
  | 'no_source'
  | 'syntax_error'
  | 'unknown_module'
  | 'bad_secret'
  | 'too_many_secrets'
  | 'too_many_rules'

/** The upload cannot become a rule; nothing has changed. The message is for its author. */
export class RuleRefusedError extends Error {
  override readonly name = 'RuleRefusedError'
  readonly reason: RuleRefusal
  /** In the source, from 1. */
  readonly position: { readonly line: number; readonly column: number } | undefined

  constructor(reason: RuleRefusal, message: string, position?: { line: number; column: number }) {
    super(message)
    this.reason = reason
    this.position = position
  }
}

export interface PublishedRule {
  readonly rule: Rule
  readonly version: RuleVersion
  /** To be committed together with the change's log entry. */
  readonly writes: readonly Write[]
}

export interface PublishRuleDeps {
  readonly rules: RuleStore
  readonly encryption: Encryption
  readonly sandbox: Pick<Sandbox, 'compile'>
  readonly now: () => Date
  readonly newRuleId: () => RuleId
  readonly newRuleVersionId: () => RuleVersionId
}

export type PublishRule = (tenantId: TenantId, upload: RuleUpload) => Promise<PublishedRule>

/** @throws RuleRefusedError from the function it returns. */
export function createPublishRule(deps: PublishRuleDeps): PublishRule {
  return async function publishRule(tenantId, upload) {
    const stored = await deps.rules.findByName(tenantId, upload.door, upload.name)
    const latestNumber = stored ? await deps.rules.latestVersionNumber(tenantId, stored.id) : 0
    const active = stored && (await deps.rules.findVersion(tenantId, stored.activeVersionId))
    if (!stored) await refuseOneRuleTooMany(deps.rules, tenantId)
    const source = upload.source ?? active?.source
    if (source === undefined) {
      throw new RuleRefusedError(
        'no_source',
        `There is no rule named ${upload.name} yet, so its code has to be sent.`,
      )
    }
    refuseBadSecrets(upload.secrets)
    await refuseUncompilable(deps.sandbox, source)

    const now = deps.now()
    const versionId = deps.newRuleVersionId()
    const ruleId = stored?.id ?? deps.newRuleId()
    const version: RuleVersion = {
      tenantId,
      id: versionId,
      ruleId,
      number: latestNumber + 1,
      source,
      secrets: encryptSecrets(deps.encryption, tenantId, versionId, upload.secrets, active),
      webtask: upload.webtask,
      createdAt: now,
    }
    const rule: Rule = {
      tenantId,
      id: ruleId,
      door: upload.door,
      name: upload.name,
      model: 'callback',
      order: upload.order,
      enabled: upload.enabled,
      clientFilter: upload.clientFilter,
      activeVersionId: versionId,
      createdAt: stored?.createdAt ?? now,
      updatedAt: now,
    }
    const { rules } = deps
    return {
      rule,
      version,
      writes: [stored ? rules.update(rule, stored) : rules.insert(rule), rules.insertVersion(version)],
    }
  }
}

async function refuseOneRuleTooMany(rules: RuleStore, tenantId: TenantId): Promise<void> {
  if ((await rules.list(tenantId)).length < maxRulesPerTenant) return
  throw new RuleRefusedError(
    'too_many_rules',
    `A tenant has at most ${maxRulesPerTenant} rules. Remove one before adding another.`,
  )
}

async function refuseUncompilable(sandbox: Pick<Sandbox, 'compile'>, source: string): Promise<void> {
  const bytes = Buffer.byteLength(source)
  if (bytes > maxSourceBytes) {
    throw new RuleRefusedError(
      'too_large',
      `The rule has ${bytes} bytes; at most ${maxSourceBytes} are allowed.`,
    )
  }
  const compiled = await sandbox.compile(callbackProgram(source))
  if (compiled.kind === 'compiled') return
  const { line, column } = compiled
  if (compiled.kind === 'syntax_error') {
    throw new RuleRefusedError(
      'syntax_error',
      `The rule does not compile: ${compiled.message} (line ${line}, column ${column}).`,
      { line, column },
    )
  }
  throw new RuleRefusedError(
    'unknown_module',
    `The rule requires the module '${compiled.module}', which is not offered (line ${line}, column ${column}).`,
    { line, column },
  )
}

// What JavaScript treats specially as a property name; a secret of that name could not be read by a rule.
const unreadableNames = new Set(['__proto__', 'constructor', 'prototype'])

function refuseBadSecrets(secrets: RuleUpload['secrets']): void {
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

/** The row a rule secret belongs to: a value copied to another secret, version or tenant does not open. */
export function ruleSecretIdentity(tenantId: TenantId, versionId: RuleVersionId, name: string) {
  return ['rule_versions', tenantId, versionId, 'secret', name] as const
}

function encryptSecrets(
  encryption: Encryption,
  tenantId: TenantId,
  versionId: RuleVersionId,
  secrets: RuleUpload['secrets'],
  active: RuleVersion | undefined,
): Record<string, EncryptedValue> {
  const encrypted: [string, EncryptedValue][] = []
  for (const [name, value] of Object.entries(secrets)) {
    const text = value ?? storedSecret(encryption, tenantId, name, active)
    encrypted.push([name, encryption.encrypt(text, ruleSecretIdentity(tenantId, versionId, name))])
  }
  return Object.fromEntries(encrypted)
}

function storedSecret(
  encryption: Encryption,
  tenantId: TenantId,
  name: string,
  active: RuleVersion | undefined,
): string {
  const value = active && Object.hasOwn(active.secrets, name) ? active.secrets[name] : undefined
  if (!active || value === undefined) {
    throw new RuleRefusedError(
      'bad_secret',
      `The secret ${name} has no stored value, so a value has to be sent.`,
    )
  }
  return encryption.decrypt(value, ruleSecretIdentity(tenantId, active.id, name))
}
