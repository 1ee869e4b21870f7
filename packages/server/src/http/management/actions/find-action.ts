import type { FastifyRequest } from 'fastify'
import type { Rule, RuleStore, RuleVersion } from '../../../domain/rule.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { StoredAction } from '../../../rules/publish-draft.ts'
import { byAge } from '../operation/by-age.ts'
import { notThere } from '../operation/not-there.ts'

type StoredRules = Pick<RuleStore, 'list' | 'findDraft' | 'drafts' | 'versions' | 'findVersion'>

/** All Actions of the tenant, oldest first. */
export async function listActions(rules: StoredRules, tenantId: TenantId): Promise<StoredAction[]> {
  const drafts = new Map((await rules.drafts(tenantId)).map((draft) => [draft.ruleId, draft]))
  return (await rules.list(tenantId))
    .flatMap((rule) => {
      const draft = drafts.get(rule.id)
      return rule.door === 'action' && draft ? [{ rule, draft }] : []
    })
    .toSorted((left, right) => byAge(left.rule, right.rule))
}

/**
 * A tenant has few Actions, so all are read: a foreign or made-up id is simply not among them. @throws
 * ManagementError `not_found`
 */
export async function requireAction(
  rules: StoredRules,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<StoredAction> {
  const rule = (await rules.list(tenant.id)).find(({ id, door }) => id === rawId && door === 'action')
  const draft = rule && (await rules.findDraft(tenant.id, rule.id))
  if (!draft) throw notThere('action')
  return { rule, draft }
}

/** Undefined until the first deploy. */
export async function deployedVersion(
  rules: Pick<RuleStore, 'findVersion'>,
  { tenantId, activeVersionId }: Rule,
): Promise<RuleVersion | undefined> {
  return activeVersionId && rules.findVersion(tenantId, activeVersionId)
}

/** @throws ManagementError `not_found` when the Action has no such version. */
export async function requireVersion(
  rules: StoredRules,
  { rule }: StoredAction,
  rawId: string,
): Promise<RuleVersion> {
  const asked = (await rules.versions(rule.tenantId, rule.id)).find(({ id }) => id === rawId)
  const version = asked && (await rules.findVersion(rule.tenantId, asked.id))
  if (!version) throw notThere('actionVersion')
  return version
}
