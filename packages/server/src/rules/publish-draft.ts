/**
 * Drafts of Actions. A draft is checked each time it changes, so that what is kept can always be deployed, but for its
 * packages, which are installed then. A deploy makes a version of it; what is deployed already is not deployed again.
 */
import type {
  ActionDraft,
  Rule,
  RuleId,
  RuleName,
  RuleStore,
  RuleTrigger,
  RuleVersion,
} from '../domain/rule.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { Write } from '../domain/write.ts'
import {
  type ActionDraftDeps,
  type DraftUpload,
  draftLike,
  draftOf,
  isSame,
  openDraftSecrets,
} from './action-draft.ts'
import { type PublishRule, refuseOneRuleTooMany } from './publish-rule.ts'
import { keepAllSecrets } from './rule-secrets.ts'

export interface StoredAction {
  readonly rule: Rule
  readonly draft: ActionDraft
}

export interface SavedAction extends StoredAction {
  /** To be committed together with the change's log entry; empty when nothing has changed. */
  readonly writes: readonly Write[]
  /** Of a deploy: the version that runs now. */
  readonly version?: RuleVersion
}

export interface DeployedAction extends SavedAction {
  readonly version: RuleVersion
}

/** @throws RuleRefusedError from all of them. */
export interface PublishDraft {
  create(tenantId: TenantId, trigger: RuleTrigger, upload: DraftUpload): Promise<SavedAction>
  createDeployed(tenantId: TenantId, trigger: RuleTrigger, upload: DraftUpload): Promise<DeployedAction>
  change(stored: StoredAction, upload: DraftUpload): Promise<SavedAction>
  deploy(stored: StoredAction): Promise<DeployedAction>
  /** Makes a new version that is what this one was; nothing is built or installed anew. */
  deployVersion(
    stored: StoredAction,
    version: RuleVersion,
    options: { updateDraft: boolean },
  ): Promise<DeployedAction>
}

export interface PublishDraftDeps extends ActionDraftDeps {
  readonly rules: RuleStore
  readonly publishRule: PublishRule
  readonly newRuleId: () => RuleId
}

export function createPublishDraft(deps: PublishDraftDeps): PublishDraft {
  const { rules, encryption, publishRule, now } = deps

  async function made(tenantId: TenantId, trigger: RuleTrigger, upload: DraftUpload): Promise<StoredAction> {
    await refuseOneRuleTooMany(rules, tenantId, 'action')
    const rule = newAction(tenantId, deps.newRuleId(), trigger, upload.name, now())
    const draft = await draftOf(deps, rule, upload, undefined)
    return { rule: { ...rule, createdAt: draft.updatedAt, updatedAt: draft.updatedAt }, draft }
  }

  function publish(stored: StoredAction) {
    return publishRule(stored.rule.tenantId, {
      ...stored.rule,
      source: stored.draft.source,
      dependencies: stored.draft.dependencies,
      secrets: openDraftSecrets(encryption, stored.draft),
      webtask: undefined,
      action: stored.draft.action,
    })
  }

  return {
    async create(tenantId, trigger, upload) {
      const { rule, draft } = await made(tenantId, trigger, upload)
      return { rule, draft, writes: [rules.insert(rule), rules.insertDraft(draft)] }
    },

    async createDeployed(tenantId, trigger, upload) {
      const action = await made(tenantId, trigger, upload)
      const { rule, version, writes } = await publish(action)
      const draft = { ...action.draft, isDeployed: true, updatedAt: rule.createdAt }
      return { rule, draft, version, writes: [...writes, rules.insertDraft(draft)] }
    },

    async change(stored, upload) {
      const { name } = upload
      const isRenamed = name !== stored.rule.name
      const isChanged = !isSame(encryption, stored.draft, upload)
      if (!isRenamed && !isChanged) return { ...stored, writes: [] }
      const updatedAt = later(now(), stored.draft.updatedAt)
      const rule = isRenamed
        ? { ...stored.rule, name, updatedAt: later(now(), stored.rule.updatedAt) }
        : stored.rule
      const draft = isChanged
        ? { ...(await draftOf(deps, rule, upload, stored.draft)), updatedAt }
        : { ...stored.draft, updatedAt }
      const renamed = isRenamed ? [rules.update(rule, stored.rule)] : []
      return { rule, draft, writes: [...renamed, rules.updateDraft(draft, stored.draft)] }
    },

    async deploy(stored) {
      const active = stored.draft.isDeployed ? await activeVersion(rules, stored.rule) : undefined
      if (active) return { ...stored, version: active, writes: [] }
      const { rule, version, writes } = await publish(stored)
      const draft = { ...stored.draft, isDeployed: true, updatedAt: later(now(), stored.draft.updatedAt) }
      return { rule, draft, version, writes: [...writes, rules.updateDraft(draft, stored.draft)] }
    },

    async deployVersion(stored, from, { updateDraft }) {
      const { rule, version, writes } = await publishRule(stored.rule.tenantId, {
        ...stored.rule,
        from,
        source: undefined,
        dependencies: undefined,
        secrets: keepAllSecrets(from),
        webtask: undefined,
        action: from.action,
      })
      const draft = updateDraft
        ? draftLike(encryption, stored.draft, version)
        : { ...stored.draft, isDeployed: false }
      const changed = { ...draft, updatedAt: later(now(), stored.draft.updatedAt) }
      return { rule, draft: changed, version, writes: [...writes, rules.updateDraft(changed, stored.draft)] }
    },
  }
}

/** A store tells two changes of one thing apart by their times. */
function later(now: Date, read: Date): Date {
  return new Date(Math.max(now.getTime(), read.getTime() + 1))
}

function newAction(
  tenantId: TenantId,
  id: RuleId,
  trigger: RuleTrigger,
  name: RuleName,
  createdAt: Date,
): Rule {
  return {
    tenantId,
    id,
    door: 'action',
    name,
    model: 'action',
    order: 0,
    enabled: false,
    clientFilter: undefined,
    trigger,
    activeVersionId: undefined,
    binding: undefined,
    createdAt,
    updatedAt: createdAt,
  }
}

async function activeVersion(rules: RuleStore, rule: Rule): Promise<RuleVersion | undefined> {
  return rule.activeVersionId && rules.findVersion(rule.tenantId, rule.activeVersionId)
}
