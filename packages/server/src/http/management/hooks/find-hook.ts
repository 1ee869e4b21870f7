import type { FastifyRequest } from 'fastify'
import type { Rule, RuleStore, RuleVersion } from '../../../domain/rule.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import { notThere } from '../operation/not-there.ts'

export interface StoredHook {
  readonly rule: Rule
  readonly version: RuleVersion
}

/** All Hooks of the tenant, oldest first. */
export async function listHooks(rules: Pick<RuleStore, 'list'>, tenantId: TenantId): Promise<Rule[]> {
  const all = await rules.list(tenantId)
  return all
    .filter(({ door }) => door === 'hook')
    .toSorted(
      (left, right) => left.createdAt.getTime() - right.createdAt.getTime() || (left.id < right.id ? -1 : 1),
    )
}

/** A tenant has few Hooks, so that a foreign or made-up id simply is none of them. */
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
