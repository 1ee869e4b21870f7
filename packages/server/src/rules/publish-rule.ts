/**
 * Publishing a rule: an uploaded source becomes a new, immutable version. Whatever the door, the same
 * checks: size, names, and that it can be built, so that a typing error shows when the rule is uploaded
 * and not when a machine asks for a token.
 */
import type { ClientId } from '../domain/client.ts'
import {
  type ActionBinding,
  type ActionDetails,
  maxRulesPerDoor,
  type Rule,
  type RuleDoor,
  type RuleId,
  type RuleModel,
  type RuleName,
  type RuleStore,
  type RuleTrigger,
  type RuleVersion,
  type RuleVersionId,
  type WebtaskDetails,
} from '../domain/rule.ts'
import type { Dependency } from '../domain/rule-build.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { Write } from '../domain/write.ts'
import type { Encryption } from '../keys/secret/encryption.ts'
import type { BuildRule } from './build-rule.ts'
import { RuleRefusedError } from './rule-refused.ts'
import { encryptSecrets, ruleSecretIdentity, type SecretsToKeep } from './rule-secrets.ts'

/** A rule as a door hands it in: parsed in shape, not yet checked in content. */
export interface RuleUpload {
  /** Undefined: the rule of this door and name, or a new one. */
  readonly id?: RuleId
  readonly door: RuleDoor
  readonly name: RuleName
  readonly model: RuleModel
  readonly trigger: RuleTrigger
  /** What is kept is that of this version; of the active one where undefined. */
  readonly from?: RuleVersion
  /** Undefined keeps the stored source. */
  readonly source: string | undefined
  readonly secrets: SecretsToKeep
  /** Undefined keeps the stored ones; what was built of an unchanged source and set is kept as it is. */
  readonly dependencies: readonly Dependency[] | undefined
  readonly order: number
  readonly enabled: boolean
  readonly clientFilter: ClientId | undefined
  readonly binding?: ActionBinding | undefined
  readonly webtask: WebtaskDetails | undefined
  readonly action?: ActionDetails | undefined
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
  readonly buildRule: BuildRule
  readonly now: () => Date
  readonly newRuleId: () => RuleId
  readonly newRuleVersionId: () => RuleVersionId
}

export type PublishRule = (tenantId: TenantId, upload: RuleUpload) => Promise<PublishedRule>

/** @throws RuleRefusedError from the function it returns. */
export function createPublishRule(deps: PublishRuleDeps): PublishRule {
  return async function publishRule(tenantId, upload) {
    const { stored, from, latestNumber } = await findStored(deps, tenantId, upload)
    if (!stored) await refuseOneRuleTooMany(deps.rules, tenantId, upload.door)
    const now = deps.now()
    const versionId = deps.newRuleVersionId()
    const ruleId = stored?.id ?? upload.id ?? deps.newRuleId()
    const secrets = encryptSecrets(
      deps.encryption,
      upload.secrets,
      (name) => ruleSecretIdentity(tenantId, versionId, name),
      from && {
        values: from.secrets,
        identity: (name) => ruleSecretIdentity(tenantId, from.id, name),
      },
    )
    const version: RuleVersion = {
      tenantId,
      id: versionId,
      ruleId,
      number: latestNumber + 1,
      ...(await build(deps.buildRule, upload, from)),
      secrets,
      webtask: upload.webtask,
      action: upload.action,
      createdAt: now,
    }
    const rule: Rule = {
      tenantId,
      id: ruleId,
      door: upload.door,
      name: upload.name,
      model: upload.model,
      trigger: upload.trigger,
      order: upload.order,
      enabled: upload.enabled,
      clientFilter: upload.clientFilter,
      activeVersionId: versionId,
      binding: upload.binding,
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

async function findStored({ rules }: PublishRuleDeps, tenantId: TenantId, upload: RuleUpload) {
  const { id, door, name } = upload
  const stored = id ? await rules.find(tenantId, id) : await rules.findByName(tenantId, door, name)
  const activeId = stored?.activeVersionId
  return {
    stored,
    from: upload.from ?? (activeId && (await rules.findVersion(tenantId, activeId))),
    latestNumber: stored ? await rules.latestVersionNumber(tenantId, stored.id) : 0,
  }
}

type Built = Pick<RuleVersion, 'source' | 'program' | 'dependencies' | 'packages' | 'modules'>

async function build(
  buildRule: BuildRule,
  upload: RuleUpload,
  from: RuleVersion | undefined,
): Promise<Built> {
  const source = upload.source ?? from?.source
  if (source === undefined) {
    throw new RuleRefusedError(
      'no_source',
      `There is no rule named ${upload.name} yet, so its code has to be sent.`,
    )
  }
  const dependencies = upload.dependencies ?? from?.dependencies ?? []
  // What was built once stays as it is: no registry is asked when only a secret changes, or an old version comes back.
  if (from && source === from.source && sameDependencies(dependencies, from.dependencies)) {
    const { program, packages, modules } = from
    return { source, program, dependencies, packages, modules }
  }
  return {
    source,
    dependencies,
    ...(await buildRule.build({ model: upload.model, source, dependencies })),
  }
}

export function sameDependencies(left: readonly Dependency[], right: readonly Dependency[]): boolean {
  const listed = (all: readonly Dependency[]) =>
    all.map(({ name, version }) => `${name}@${version}`).toSorted()
  return listed(left).join(' ') === listed(right).join(' ')
}

const nouns: Record<RuleDoor, string> = { webtask: 'rules', hook: 'Hooks', action: 'Actions' }

/** @throws RuleRefusedError */
export async function refuseOneRuleTooMany(
  rules: RuleStore,
  tenantId: TenantId,
  door: RuleDoor,
): Promise<void> {
  const all = await rules.list(tenantId)
  if (all.filter((rule) => rule.door === door).length < maxRulesPerDoor) return
  throw new RuleRefusedError(
    'too_many_rules',
    `A tenant has at most ${maxRulesPerDoor} ${nouns[door]}. Remove one before adding another.`,
  )
}
