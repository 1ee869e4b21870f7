import type { FastifyRequest } from 'fastify'
import type { Rule, RuleStore, RuleVersion } from '../../../domain/rule.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import { byAge } from '../operation/by-age.ts'
import { notThere } from '../operation/not-there.ts'

export interface StoredHook {
  readonly rule: Rule
  readonly version: RuleVersion
}

/** All Hooks of the tenant, oldest first. */
export async function listHooks(rules: Pick<RuleStore, 'list'>, tenantId: TenantId): Promise<Rule[]> {
  const all = await rules.list(tenantId)
  return all.filter(({ door }) => door === 'hook').toSorted(byAge)
}

/** A tenant has few Hooks, so all are read: a foreign or made-up id is simply not among them. */
export async function findHook(
  rules: Pick<RuleStore, 'list' | 'findVersion'>,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<StoredHook | undefined> {
  const rule = (await listHooks(rules, tenant.id)).find(({ id }) => id === rawId)
  const version = rule?.activeVersionId && (await rules.findVersion(tenant.id, rule.activeVersionId))
  return rule && version && { rule, version }
}

/** @throws ManagementError `not_found` */
export async function requireHook(
  rules: Pick<RuleStore, 'list' | 'findVersion'>,
  request: FastifyRequest,
  rawId: string,
): Promise<StoredHook> {
  const hook = await findHook(rules, request, rawId)
  if (!hook) throw notThere('hook')
  return hook
}
