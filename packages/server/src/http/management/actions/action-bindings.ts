/** Bindings: the Actions that run at a trigger, in order. A change takes effect with the next token request. */
import type {
  ActionBinding as ActionBindingOnWire,
  ActionBindingOrder,
} from '@tallystick/management-api/contract/action-bindings'
import { actionTriggers } from '@tallystick/management-api/contract/action-triggers'
import { ManagementError } from '../../../domain/errors.ts'
import type { ActionBinding, Rule, RuleStore } from '../../../domain/rule.ts'
import type { StoredAction } from '../../../rules/publish-draft.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { notThere } from '../operation/not-there.ts'
import { pageOf } from '../operation/page.ts'
import { actionOnWire } from './action-on-wire.ts'
import { deployedVersion, listActions } from './find-action.ts'

export interface ActionBindingHandlerDeps {
  readonly rules: RuleStore
  readonly recordChange: RecordChange
  readonly newId: { readonly actionBinding: () => string }
  readonly now: () => Date
}

export function createActionBindingHandlers(
  deps: ActionBindingHandlerDeps,
): Pick<Handlers, 'listActionTriggers' | 'listActionBindings' | 'bindActions'> {
  const { rules, recordChange } = deps

  async function pageOfBound(bound: readonly BoundAction[], query: { page?: number; per_page?: number }) {
    const { offset, limit } = pageOf(query)
    const bindings = await Promise.all(
      bound.slice(offset, offset + limit).map((action) => onWire(rules, action)),
    )
    return { bindings, total: bound.length, page: query.page ?? 0, per_page: limit }
  }

  return {
    listActionTriggers: async () => ({
      triggers: [
        triggerOnWire('v2', 'CURRENT', ['node18-actions', 'node22'], 'node22'),
        triggerOnWire('v1', 'DEPRECATED', ['node12'], 'node12'),
      ],
    }),

    async listActionBindings({ request, param, query }) {
      refuseUnknownTrigger(param('triggerId'))
      return pageOfBound(boundOf(await listActions(rules, request.tenant.id)), query)
    },

    async bindActions({ request, param, body }) {
      refuseUnknownTrigger(param('triggerId'))
      const all = await listActions(rules, request.tenant.id)
      const bound = inGivenOrder(deps, all, body.bindings)
      const places = new Map(bound.map((action) => [action.rule.id, action.rule]))
      const changes = all.map(({ rule }) => ({ rule, changed: places.get(rule.id) ?? unbound(rule) }))
      const isSame = changes.every(({ rule, changed }) => isSamePlace(changed, rule))
      const updatedAt = deps.now()
      const answer = await pageOfBound(bound, { per_page: 100 })
      await recordChange(request, {
        description: `Bound ${bound.length} Actions to the trigger ${param('triggerId')}.`,
        status: 200,
        // All of them or none: of two orders at the same time the second replaces the first and is not mixed with it.
        writes: isSame
          ? []
          : changes.map(({ rule, changed }) => rules.update({ ...changed, updatedAt }, rule)),
      })
      return answer
    },
  }
}

interface BoundAction extends StoredAction {
  readonly binding: ActionBinding
}

function triggerOnWire(
  version: string,
  status: 'CURRENT' | 'DEPRECATED',
  runtimes: string[],
  defaultRuntime: string,
) {
  return {
    id: actionTriggers[0],
    version,
    status,
    runtimes,
    default_runtime: defaultRuntime,
    binding_policy: 'trigger-bound' as const,
    compatible_triggers: [],
  }
}

function refuseUnknownTrigger(id: string): void {
  if (!actionTriggers.some((trigger) => trigger === id)) throw notThere('trigger')
}

/** First to last. */
function boundOf(actions: readonly StoredAction[]): BoundAction[] {
  return actions
    .flatMap((action) => (action.rule.binding ? [{ ...action, binding: action.rule.binding }] : []))
    .toSorted(
      (left, right) => left.rule.order - right.rule.order || (left.rule.name < right.rule.name ? -1 : 1),
    )
}

type Sent = ActionBindingOrder['bindings'][number]

function inGivenOrder(
  deps: ActionBindingHandlerDeps,
  all: readonly StoredAction[],
  sent: readonly Sent[],
): BoundAction[] {
  const seen = new Set<Rule['id']>()
  return sent.map((one, index) => {
    const action = referred(all, one.ref)
    const { rule } = action
    if (one.secrets?.length) throw invalidBody(`bindings.${index}.secrets`, 'Secrets belong to the Action')
    if (seen.has(rule.id)) {
      throw invalidBody(`bindings.${index}`, `The Action ${rule.name} can be bound once`)
    }
    seen.add(rule.id)
    if (rule.activeVersionId === undefined) {
      throw new ManagementError(
        'invalid_body',
        `The Action ${rule.name} was never deployed. Deploy it before it is bound.`,
      )
    }
    const binding = bindingOf(deps, rule, one)
    return { ...action, binding, rule: { ...rule, enabled: true, order: index + 1, binding } }
  })
}

/** @throws ManagementError `not_found` */
function referred(all: readonly StoredAction[], { type, value }: Sent['ref']): StoredAction {
  const action = all.find(({ rule }) => {
    if (type === 'action_id') return rule.id === value
    return type === 'action_name' ? rule.name === value : rule.binding?.id === value
  })
  if (!action) throw notThere('action')
  return action
}

function bindingOf(
  { newId, now }: ActionBindingHandlerDeps,
  { name, binding }: Rule,
  { display_name }: Sent,
): ActionBinding {
  const displayName = display_name ?? binding?.displayName ?? name
  if (binding?.displayName === displayName) return binding
  const at = now()
  return {
    id: binding?.id ?? newId.actionBinding(),
    displayName,
    createdAt: binding?.createdAt ?? at,
    updatedAt: at,
  }
}

function unbound(rule: Rule): Rule {
  return rule.binding || rule.enabled ? { ...rule, enabled: false, binding: undefined } : rule
}

function isSamePlace(left: Rule, right: Rule): boolean {
  return left.order === right.order && left.enabled === right.enabled && left.binding === right.binding
}

async function onWire(rules: RuleStore, { binding, ...action }: BoundAction): Promise<ActionBindingOnWire> {
  return {
    id: binding.id,
    trigger_id: actionTriggers[0],
    display_name: binding.displayName,
    action: actionOnWire(action, await deployedVersion(rules, action.rule)),
    created_at: binding.createdAt.toISOString(),
    updated_at: binding.updatedAt.toISOString(),
  }
}
