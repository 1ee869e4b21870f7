/**
 * A rule: JavaScript of the operator that runs at each token request and may shape or deny it. It comes
 * in by one of three doors and follows one of two programming models; its versions never change.
 */
import type { ClientId } from './client.ts'
import type { Identifier } from './identifier.ts'
import type { Dependency, InstalledPackage } from './rule-build.ts'
import type { TenantId } from './tenant.ts'
import type { Write } from './write.ts'

/** `rul_` and 16 base62 characters. */
export type RuleId = Identifier<'RuleId'>
/** `ver_` and 16 base62 characters. */
export type RuleVersionId = Identifier<'RuleVersionId'>
/** Unique per tenant and door; each door has names of its own form. */
export type RuleName = Identifier<'RuleName'>

export const ruleDoors = ['webtask', 'hook', 'action'] as const
export type RuleDoor = (typeof ruleDoors)[number]
export type RuleModel = 'callback' | 'action'

/** The points at which Auth0 runs foreign code. Tallystick runs the first; rules of the others are kept and never run. */
export const ruleTriggers = [
  'credentials-exchange',
  'pre-user-registration',
  'post-user-registration',
  'post-change-password',
  'send-phone-message',
] as const
export type RuleTrigger = (typeof ruleTriggers)[number]

export interface Rule {
  readonly tenantId: TenantId
  readonly id: RuleId
  readonly door: RuleDoor
  readonly name: RuleName
  readonly model: RuleModel
  /** Ascending; rules of the same order run by name. */
  readonly order: number
  readonly enabled: boolean
  /** Runs for this client only; for every client when undefined. */
  readonly clientFilter: ClientId | undefined
  readonly trigger: RuleTrigger
  /** Undefined only for an Action that was never deployed. */
  readonly activeVersionId: RuleVersionId | undefined
  /** Of an Action, while it is bound to its trigger; `enabled` says the same. */
  readonly binding: ActionBinding | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** An Action's place in the order of its trigger, which is the rule's `order`. */
export interface ActionBinding {
  /** `bnd_` and 16 base62 characters. */
  readonly id: string
  readonly displayName: string
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A value encrypted under the master key, bound to the row it belongs to (`keys/secret/encryption.ts`). */
export type EncryptedValue = Identifier<'EncryptedValue'>

/** What the webtask door was told beside the code, and tells again. */
export interface WebtaskDetails {
  readonly meta: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
  /** `mb`: the request body's members are merged into `context.webtask.data`. */
  readonly mergeBody: boolean
  /** `pb`, as it was sent; only told again. */
  readonly parseBody: number | undefined
  readonly host: string | undefined
}

/** What the Actions door was told beside the code, and tells again. */
export interface ActionDetails {
  readonly runtime: string
  /** Of the trigger, as `v2`. */
  readonly triggerVersion: string
  /** When each secret got its value. */
  readonly secretsChangedAt: Readonly<Record<string, Date>>
}

export interface RuleVersion {
  readonly tenantId: TenantId
  readonly id: RuleVersionId
  readonly ruleId: RuleId
  /** 1, 2, 3 … within the rule. */
  readonly number: number
  /** As the author wrote it. */
  readonly source: string
  /** What runs, where it is not the source itself: JavaScript made of TypeScript. */
  readonly program: string | undefined
  /** By secret name. */
  readonly secrets: Readonly<Record<string, EncryptedValue>>
  readonly dependencies: readonly Dependency[]
  /** The packages that were installed for the dependencies, all of them. */
  readonly packages: readonly InstalledPackage[]
  /** Undefined without dependencies. */
  readonly modules: RuleModules | undefined
  readonly webtask: WebtaskDetails | undefined
  readonly action: ActionDetails | undefined
  readonly createdAt: Date
}

/** The bundle of a version's packages: what `require` finds in it, and its code. */
export interface RuleModules {
  readonly names: readonly string[]
  readonly code: string
}

/** All of a version but what is long. */
export type RuleVersionDetails = Omit<RuleVersion, 'source' | 'program' | 'modules'>

/** What an Action is going to be: changed at will, run by its test alone, made into a version by a deploy. */
export interface ActionDraft {
  readonly tenantId: TenantId
  readonly ruleId: RuleId
  readonly source: string
  readonly program: string | undefined
  /** By secret name; bound to this draft, so that a version encrypts them anew. */
  readonly secrets: Readonly<Record<string, EncryptedValue>>
  readonly dependencies: readonly Dependency[]
  readonly action: ActionDetails
  /** True when the newest version is what the draft says. */
  readonly isDeployed: boolean
  readonly updatedAt: Date
}

/** A rule of the pipeline with its active version; only a cold isolate needs the source. */
export interface PipelineRule {
  readonly rule: Rule
  readonly version: RuleVersionDetails
}

/** Promises: `find…` resolve to undefined when absent and never throw for that. */
export interface RuleStore {
  /**
   * Enabled rules of `credentials-exchange` with their active versions: webtasks by (order, name), then the Hook, then
   * Actions by (order, name).
   */
  pipeline(tenantId: TenantId): Promise<readonly PipelineRule[]>
  find(tenantId: TenantId, id: RuleId): Promise<Rule | undefined>
  findByName(tenantId: TenantId, door: RuleDoor, name: RuleName): Promise<Rule | undefined>
  /** All rules of a tenant, enabled or not, in pipeline order. */
  list(tenantId: TenantId): Promise<Rule[]>
  findVersion(tenantId: TenantId, id: RuleVersionId): Promise<RuleVersion | undefined>
  /** Newest first. */
  versions(tenantId: TenantId, ruleId: RuleId): Promise<RuleVersionDetails[]>
  /** 0 when the rule has no version. */
  latestVersionNumber(tenantId: TenantId, ruleId: RuleId): Promise<number>
  insert(rule: Rule): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  update(rule: Rule, read: Rule): Write
  /** Removes the rule and the secrets of its versions; the versions' sources outlive their exchange records. */
  remove(tenantId: TenantId, id: RuleId): Write
  insertVersion(version: RuleVersion): Write
  findDraft(tenantId: TenantId, ruleId: RuleId): Promise<ActionDraft | undefined>
  /** Of all Actions of the tenant, in the order of `list`. */
  drafts(tenantId: TenantId): Promise<ActionDraft[]>
  /** It goes with its rule. */
  insertDraft(draft: ActionDraft): Write
  /** Refused with ChangedMeanwhileError unless what is stored is still what was read. */
  updateDraft(draft: ActionDraft, read: ActionDraft): Write
  /**
   * Removes up to `limit` versions that were superseded before then and are neither active nor among the newest
   * `maxSupersededVersions` of their rule's others, in all tenants.
   */
  removeVersionsSupersededBefore(at: Date, limit: number): Write
  /** Removes up to `limit` versions whose rules were removed before then, in all tenants. */
  removeVersionsOfRulesRemovedBefore(at: Date, limit: number): Write
}

/** UTF-8 bytes of one rule's source, before anything is bundled. A larger one is refused. */
export const maxSourceBytes = 100_000
export const maxSecretsPerRule = 30
export const maxSecretsPerHook = 20
export const maxSecretNameLength = 128
/** UTF-8 bytes. */
export const maxSecretValueBytes = 4096
/** Characters. Shorter secret values are not masked in what a rule prints. */
export const minMaskedSecretLength = 4
export const maxRulesPerDoor = 100
/** Versions of a rule that are kept beside the active one; older ones go when no exchange record can name them. */
export const maxSupersededVersions = 50
/** Scopes a callback rule may return. More, and the exchange fails. */
export const maxRuleScopes = 1000
/** UTF-8 bytes of all custom claims of one token as JSON. More, and the exchange fails. */
export const maxCustomClaimBytes = 100_000

const ruleName = /^[-A-Za-z0-9._~!$+=:@]{1,128}$/
const hookName = /^[A-Za-z0-9](?:[A-Za-z0-9 -]{0,126}[A-Za-z0-9])?$/
const actionName = /^[^<>\p{Cc}\s](?:[^<>\p{Cc}]{0,253}[^<>\p{Cc}\s])?$/u

/** Undefined when the text is no name of a webtask. */
export function parseRuleName(text: string): RuleName | undefined {
  return ruleName.test(text) && text !== '.' && text !== '..' ? (text as RuleName) : undefined
}

/** Undefined unless it is letters and digits, with spaces and dashes between them. */
export function parseHookName(text: string): RuleName | undefined {
  return hookName.test(text) ? (text as RuleName) : undefined
}

/** Undefined unless it is a line of 1 to 255 characters that nobody could take for markup. */
export function parseActionName(text: string): RuleName | undefined {
  return actionName.test(text) ? (text as RuleName) : undefined
}

const ruleVersionId = /^ver_[0-9A-Za-z]{16}$/

/** Undefined when the text is no id of a rule version. */
export function parseRuleVersionId(text: string): RuleVersionId | undefined {
  return ruleVersionId.test(text) ? (text as RuleVersionId) : undefined
}
