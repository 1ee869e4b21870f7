/** Deploys and tests of Actions, and the versions that deploys made. */
import type { ActionTestResult } from '@tallystick/management-api/contract/action-runs'
import type { RuleStore } from '../../../domain/rule.ts'
import type { JudgedInvocation } from '../../../rules/invoke-rule.ts'
import type { DeployedAction, PublishDraft } from '../../../rules/publish-draft.ts'
import { TrialEventError } from '../../../rules/trial-event.ts'
import type { TryDraft } from '../../../rules/try-draft.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { pageOf } from '../operation/page.ts'
import { refusingBadRules } from '../pipeline/rule-refusal.ts'
import { actionVersionOnWire } from './action-on-wire.ts'
import { requireAction, requireVersion } from './find-action.ts'

export interface ActionVersionHandlerDeps {
  readonly rules: RuleStore
  readonly publishDraft: PublishDraft
  readonly tryDraft: TryDraft
  readonly recordChange: RecordChange
}

export function createActionVersionHandlers(
  deps: ActionVersionHandlerDeps,
): Pick<
  Handlers,
  'deployAction' | 'testAction' | 'listActionVersions' | 'getActionVersion' | 'deployActionVersion'
> {
  const { rules, publishDraft, tryDraft, recordChange } = deps

  return {
    async deployAction({ request, param }) {
      const stored = await requireAction(rules, request, param('id'))
      const deployed = await refusingBadRules(() => publishDraft.deploy(stored))
      await recordChange(request, { description: inWords(deployed), status: 200, writes: deployed.writes })
      return actionVersionOnWire(deployed, deployed.version)
    },

    async testAction({ request, param, body }) {
      const stored = await requireAction(rules, request, param('id'))
      const tried = await refusingBadRules(() =>
        refusingBadEvents(() => tryDraft(request.tenant, stored, body.payload.event ?? {})),
      )
      await recordChange(request, {
        description: `Tested the draft of the Action ${stored.rule.name}; nothing was changed.`,
        status: 200,
        writes: [],
      })
      return { payload: payloadOf(tried) }
    },

    async listActionVersions({ request, param, query }) {
      const action = await requireAction(rules, request, param('id'))
      const { tenantId, id } = action.rule
      const all = await rules.versions(tenantId, id)
      const { offset, limit } = pageOf(query)
      const versions = []
      for (const details of all.slice(offset, offset + limit)) {
        const version = await rules.findVersion(tenantId, details.id)
        // Removed between the two reads.
        if (version) versions.push(actionVersionOnWire(action, version))
      }
      return { versions, total: all.length, page: query.page ?? 0, per_page: limit }
    },

    async getActionVersion({ request, param }) {
      const action = await requireAction(rules, request, param('id'))
      return actionVersionOnWire(action, await requireVersion(rules, action, param('versionId')))
    },

    async deployActionVersion({ request, param, body }) {
      const stored = await requireAction(rules, request, param('id'))
      const version = await requireVersion(rules, stored, param('versionId'))
      const deployed = await refusingBadRules(() =>
        publishDraft.deployVersion(stored, version, { updateDraft: body.update_draft ?? false }),
      )
      await recordChange(request, {
        description: `${inWords(deployed)} It is what version ${version.number} was.`,
        status: 200,
        writes: deployed.writes,
      })
      return actionVersionOnWire(deployed, deployed.version)
    },
  }
}

function inWords({ rule, version, writes }: DeployedAction): string {
  return writes.length === 0
    ? `The Action ${rule.name} was deployed as it is already; its version is ${version.number}.`
    : `Deployed the Action ${rule.name} as version ${version.number}.`
}

async function refusingBadEvents<Tried>(attempt: () => Promise<Tried>): Promise<Tried> {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof TrialEventError)) throw error
    throw invalidBody('payload.event', error.message)
  }
}

function payloadOf({ verdict, console, fetches, durationMs }: JudgedInvocation): ActionTestResult['payload'] {
  const { decision } = verdict
  return {
    ...(decision.kind === 'shaped'
      ? {
          result: 'passed',
          claims: { ...decision.claims },
          scope: [...decision.scopes],
          ...(decision.lifetimeSeconds !== undefined && { expires_in: decision.lifetimeSeconds }),
        }
      : {
          result: verdict.ended === 'refused' ? 'denied' : 'failed',
          error: { code: decision.error.code, message: decision.error.message },
          claims: {},
          scope: [],
        }),
    dropped_claims: [...verdict.droppedClaims],
    console: console.map(({ level, text }) => ({ level, text })),
    fetches: fetches.map(({ method, url, status, error, durationMs: duration_ms }) => ({
      method,
      url,
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
      duration_ms,
    })),
    duration_ms: durationMs,
  }
}
