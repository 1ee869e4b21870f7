/**
 * Actions on the wire ↔ rules of the action model with their drafts. Changing a draft changes nothing that runs; a
 * deploy takes effect with the next token request.
 */
import { ManagementError } from '../../../domain/errors.ts'
import { type RuleName, type RuleStore, ruleTriggers } from '../../../domain/rule.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { PublishDraft, SavedAction } from '../../../rules/publish-draft.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Handlers } from '../operation/handler.ts'
import { pageOf } from '../operation/page.ts'
import { refusingBadRules } from '../pipeline/rule-refusal.ts'
import { actionNameOf, draftUpload } from './action-from-wire.ts'
import { actionOnWire } from './action-on-wire.ts'
import { deployedVersion, listActions, requireAction } from './find-action.ts'

export interface ActionHandlerDeps {
  readonly rules: RuleStore
  readonly publishDraft: PublishDraft
  readonly recordChange: RecordChange
}

const trigger = ruleTriggers[0]

export function createActionHandlers(
  deps: ActionHandlerDeps,
): Pick<
  Handlers,
  'listActions' | 'createAction' | 'getAction' | 'updateAction' | 'deleteAction' | 'listActionModules'
> {
  const { rules, publishDraft, recordChange } = deps
  const onWire = async (action: SavedAction | Awaited<ReturnType<typeof requireAction>>) =>
    actionOnWire(action, await deployedVersion(rules, action.rule))

  return {
    async listActions({ request: { tenant }, query }) {
      const { triggerId, actionName, deployed, installed } = query
      const all = (await listActions(rules, tenant.id)).filter(
        ({ rule }) =>
          (triggerId === undefined || rule.trigger === triggerId) &&
          (actionName === undefined || rule.name === actionName) &&
          (deployed === undefined || (rule.activeVersionId !== undefined) === deployed) &&
          installed !== true,
      )
      const { offset, limit } = pageOf(query)
      const actions = await Promise.all(all.slice(offset, offset + limit).map(onWire))
      return { actions, total: all.length, page: query.page ?? 0, per_page: limit }
    },

    async createAction({ request, body }) {
      const name = await freeName(rules, request.tenant.id, body.name)
      const create = body.deploy ? publishDraft.createDeployed : publishDraft.create
      const made = await refusingBadRules(async () =>
        create(request.tenant.id, trigger, draftUpload(name, body, undefined)),
      )
      await recordChange(request, {
        description: `Created the Action ${name}${body.deploy ? ' and deployed it' : ''}.`,
        status: 201,
        writes: made.writes,
      })
      return actionOnWire(made, made.version)
    },

    getAction: async ({ request, param }) => onWire(await requireAction(rules, request, param('id'))),

    async updateAction({ request, param, body }) {
      const stored = await requireAction(rules, request, param('id'))
      const name =
        body.name === undefined || body.name === stored.rule.name
          ? stored.rule.name
          : await freeName(rules, request.tenant.id, body.name)
      const saved = await refusingBadRules(async () =>
        publishDraft.change(stored, draftUpload(name, body, stored.draft)),
      )
      const answer = await onWire(saved)
      await recordChange(request, {
        description: `Changed the draft of the Action ${name}.`,
        status: 200,
        writes: saved.writes,
      })
      return answer
    },

    async deleteAction({ request, param, query }) {
      const { rule } = await requireAction(rules, request, param('id'))
      if (rule.binding && !query.force) {
        throw new ManagementError(
          'conflict',
          `The Action ${rule.name} is bound to the trigger ${rule.trigger}. Unbind it first, or send force=true.`,
        )
      }
      await recordChange(request, {
        description: `Deleted the Action ${rule.name}.`,
        status: 204,
        writes: [rules.remove(rule.tenantId, rule.id)],
      })
    },

    listActionModules: async ({ query }) => ({
      modules: [],
      total: 0,
      page: query.page ?? 0,
      per_page: pageOf(query).limit,
    }),
  }
}

async function freeName(rules: RuleStore, tenantId: TenantId, text: string): Promise<RuleName> {
  const name = actionNameOf(text)
  if (await rules.findByName(tenantId, 'action', name)) {
    throw new ManagementError('conflict', `There is already an Action named ${name}.`)
  }
  return name
}
