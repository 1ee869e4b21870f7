/**
 * Hooks on the wire ↔ rules of the callback model. At most one Hook of each extension point is enabled; enabling
 * another replaces it in the same transaction, so that there is never a moment with two or none.
 */
import type { HookChange, HookToCreate } from '@tallystick/management-api/contract/hooks'
import { ManagementError } from '../../../domain/errors.ts'
import { parseHookName, type Rule, type RuleName, type RuleStore } from '../../../domain/rule.ts'
import { type Dependency, parseDependency } from '../../../domain/rule-build.ts'
import { AlreadyExistsError } from '../../../domain/storage.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { Write } from '../../../domain/write.ts'
import {
  type PublishedRule,
  type PublishRule,
  type RuleUpload,
  sameDependencies,
} from '../../../rules/publish-rule.ts'
import { keepAllSecrets } from '../../../rules/rule-secrets.ts'
import { againIfChanged } from '../../again-if-changed.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { pageOf, totalsOf } from '../operation/page.ts'
import { refusingBadRules } from '../pipeline/rule-refusal.ts'
import { findHook, listHooks, requireHook, type StoredHook } from './find-hook.ts'
import { hookOnWire, listedHookOnWire } from './hook-on-wire.ts'

export interface HookHandlerDeps {
  readonly rules: RuleStore
  readonly publishRule: PublishRule
  readonly recordChange: RecordChange
  readonly now: () => Date
}

export function createHookHandlers(
  deps: HookHandlerDeps,
): Pick<Handlers, 'listHooks' | 'createHook' | 'getHook' | 'updateHook' | 'deleteHook'> {
  return {
    async listHooks({ request: { tenant }, query }) {
      const rules = (await listHooks(deps.rules, tenant.id)).filter(
        ({ enabled, trigger }) =>
          (query.enabled ?? enabled) === enabled && (query.triggerId ?? trigger) === trigger,
      )
      const { offset, limit } = pageOf(query)
      const hooks = []
      for (const rule of rules.slice(offset, offset + limit)) {
        const versions = await deps.rules.versions(tenant.id, rule.id)
        const version = versions.find(({ id }) => id === rule.activeVersionId)
        // Removed between two reads.
        if (version) hooks.push(listedHookOnWire(rule, version))
      }
      const totals = await totalsOf(query, async () => rules.length)
      return totals ? { ...totals, hooks } : hooks
    },

    createHook: ({ request, body }) =>
      againIfTaken(async () => {
        const { tenant } = request
        const { rule, version, writes } = await refusingBadRules(async () =>
          deps.publishRule(tenant.id, await hookToCreate(deps, tenant.id, body)),
        )
        await deps.recordChange(request, {
          description: `Created the Hook ${rule.name}${rule.enabled ? ' and enabled it' : ''}.`,
          status: 201,
          writes: [...(await disableOthers(deps, rule)), ...writes],
        })
        return hookOnWire(rule, version)
      }),

    async getHook({ request, param }) {
      const { rule, version } = await requireHook(deps.rules, request, param('id'))
      return hookOnWire(rule, version)
    },

    updateHook: ({ request, param, body }) =>
      againIfTaken(async () => {
        const stored = await requireHook(deps.rules, request, param('id'))
        const { rule, version, writes } = await refusingBadRules(() => changedHook(deps, stored, body))
        await deps.recordChange(request, {
          description: `Changed the Hook ${rule.name}; its version is ${version.number}.`,
          status: 200,
          writes: [...(await disableOthers(deps, rule)), ...writes],
        })
        return hookOnWire(rule, version)
      }),

    async deleteHook({ request, param }) {
      const stored = await findHook(deps.rules, request, param('id'))
      await deps.recordChange(request, {
        description: stored ? `Deleted the Hook ${stored.rule.name}.` : 'Deleted a Hook that was not there.',
        status: 204,
        writes: stored ? [deps.rules.remove(stored.rule.tenantId, stored.rule.id)] : [],
      })
    },
  }
}

/** Two Hooks enabled at the same time, or created with one name: the second is tried again, and sees the first. */
function againIfTaken<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
  return againIfChanged(
    attempt,
    (error) => error instanceof ManagementError && error.cause instanceof AlreadyExistsError,
  )
}

async function hookToCreate(
  { rules }: HookHandlerDeps,
  tenantId: TenantId,
  body: HookToCreate,
): Promise<RuleUpload> {
  return {
    door: 'hook',
    name: await freeName(rules, tenantId, body.name),
    model: 'callback',
    trigger: body.triggerId,
    source: body.script,
    secrets: {},
    dependencies: dependenciesOf(body.dependencies) ?? [],
    order: 0,
    enabled: body.enabled ?? false,
    clientFilter: undefined,
    webtask: undefined,
  }
}

async function changedHook(
  { rules, publishRule, now }: HookHandlerDeps,
  { rule, version }: StoredHook,
  body: HookChange,
): Promise<PublishedRule> {
  const name =
    body.name === undefined || body.name === rule.name
      ? rule.name
      : await freeName(rules, rule.tenantId, body.name)
  const enabled = body.enabled ?? rule.enabled
  const source = body.script ?? version.source
  const dependencies = dependenciesOf(body.dependencies) ?? version.dependencies
  // Sending what is stored makes no new version, as when a tool imports the same folder again.
  if (source === version.source && sameDependencies(dependencies, version.dependencies)) {
    const isChanged = name !== rule.name || enabled !== rule.enabled
    const changed = isChanged ? { ...rule, name, enabled, updatedAt: now() } : rule
    return { rule: changed, version, writes: isChanged ? [rules.update(changed, rule)] : [] }
  }
  return publishRule(rule.tenantId, {
    ...rule,
    name,
    enabled,
    source,
    dependencies,
    secrets: keepAllSecrets(version),
    webtask: undefined,
  })
}

/** Comes before the writes that enable this one: the store allows one enabled Hook of a point. */
async function disableOthers({ rules, now }: HookHandlerDeps, hook: Rule): Promise<Write[]> {
  if (!hook.enabled) return []
  const others = (await listHooks(rules, hook.tenantId)).filter(
    ({ id, trigger, enabled }) => enabled && trigger === hook.trigger && id !== hook.id,
  )
  return others.map((other) => rules.update({ ...other, enabled: false, updatedAt: now() }, other))
}

async function freeName(rules: RuleStore, tenantId: TenantId, text: string): Promise<RuleName> {
  const name = parseHookName(text)
  if (!name) throw invalidBody('name', 'Not a name of a Hook')
  if (await rules.findByName(tenantId, 'hook', name)) {
    throw new ManagementError('conflict', `There is already a Hook named ${name}.`)
  }
  return name
}

/** @throws BuildError */
function dependenciesOf(sent: HookChange['dependencies']): Dependency[] | undefined {
  return sent && Object.entries(sent).map(([name, version]) => parseDependency(name, version))
}
