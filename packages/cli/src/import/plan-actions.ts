/** Actions, known by their names: the draft, then its deploy. */

import type { Action } from '@tallystick/management-api/contract/actions'
import { actionChange, actionToCreate } from '@tallystick/management-api/contract/actions'
import { Value } from 'typebox/value'
import type { JsonObject } from '../json-object.ts'
import { changedMembers } from './changed-members.ts'
import type { ExportedAction } from './exported.ts'
import { machineTrigger } from './machine-trigger.ts'
import { missingSecretRemarks } from './missing-secrets.ts'
import type { PlanPart, Remark, Step } from './plan.ts'
import type { PresentState } from './present-state.ts'
import type { RuleOptions } from './rule-options.ts'
import { ruleRemarks } from './rule-remarks.ts'
import { revealed, type SecretsToSend, secretsToSend } from './rule-secrets.ts'
import { StepRefused } from './step-refused.ts'
import { unreadableExport } from './unreadable-export.ts'

export function planAction(action: ExportedAction, present: PresentState, options: RuleOptions): PlanPart {
  const about = `Action ${action.name}`
  if (!runsForMachines(action)) {
    const triggers = action.triggers.map(({ id }) => id).join(', ') || 'none'
    const text = `its trigger is ${triggers}, where nothing runs for machines`
    return { steps: [], remarks: [{ kind: 'left_out', about, text }] }
  }
  const there = present.actions.find(({ name }) => name === action.name)
  const here = there?.secrets.map(({ name }) => name) ?? []
  const given = options.given.actions.get(action.name)
  const secrets = secretsToSend(action.secrets, given, here, options.replaceSecrets)
  const remarks: Remark[] = [
    ...ruleRemarks(
      { about, place: action.place, code: action.code, dependencies: action.dependencies },
      options.allowedHosts,
    ),
    ...missingSecretRemarks(
      { about, kind: 'actions', name: action.name, willRun: action.isDeployed },
      secrets.missing,
    ),
    ...stateRemarks(action, about),
  ]
  const draft = there ? changeStep(action, there, secrets) : createStep(action, secrets)
  const isCurrent = there?.all_changes_deployed === true && there.deployed_version !== undefined
  const deploy = action.isDeployed && (draft || !isCurrent) ? [deployStep(action)] : []
  return { steps: [...(draft ? [draft] : []), ...deploy], remarks }
}

export function runsForMachines({ triggers }: ExportedAction): boolean {
  return triggers.some(({ id }) => id === machineTrigger)
}

function stateRemarks({ isDeployed, usesModules }: ExportedAction, about: string): Remark[] {
  const remarks: Remark[] = []
  if (!isDeployed) {
    const text =
      'it had changes that were not deployed, so the export does not hold what ran: it is imported as a draft'
    remarks.push({ kind: 'differs', about, text })
  }
  if (usesModules) {
    const text = 'it uses modules of Actions, which are not offered: put their code into it'
    remarks.push({ kind: 'stops', about, text })
  }
  return remarks
}

function draftOf({ code, dependencies, runtime, triggers }: ExportedAction): JsonObject {
  const version = triggers.find(({ id }) => id === machineTrigger)?.version
  return {
    supported_triggers: [{ id: machineTrigger, ...(version !== undefined && { version }) }],
    code,
    dependencies: Object.entries(dependencies).map(([name, version]) => ({ name, version })),
    ...(runtime !== undefined && { runtime }),
  }
}

function createStep(action: ExportedAction, secrets: SecretsToSend): Step {
  const values = revealed(secrets.added)
  const body: unknown = {
    ...draftOf(action),
    name: action.name,
    secrets: Object.entries(values).map(([name, value]) => ({ name, value })),
  }
  if (!Value.Check(actionToCreate, body)) throw notTaken(action)
  return {
    stage: 'rules',
    verb: 'create',
    noun: 'Action',
    name: action.name,
    details: Object.keys(values).map((name) => `secret ${name}`),
    perform: async ({ connection, actionIds }) => {
      const { id } = await connection.actions.create(body)
      actionIds.set(action.name, id)
    },
  }
}

function changeStep(action: ExportedAction, there: Action, secrets: SecretsToSend): Step | undefined {
  const changed = changedMembers(comparable(draftOf(action)), comparable({ ...there }))
  const values = { ...revealed(secrets.added), ...revealed(secrets.replaced) }
  const names = [...new Set([...there.secrets.map(({ name }) => name), ...Object.keys(values)])]
  const details = [...Object.keys(changed), ...Object.keys(values).map((name) => `secret ${name}`)]
  if (details.length === 0) return undefined
  const body: unknown = {
    ...changed,
    // The whole list, in which a name without a value keeps the value that is here.
    ...(Object.keys(values).length > 0 && {
      secrets: names.map((name) => ({ name, ...(values[name] !== undefined && { value: values[name] }) })),
    }),
  }
  if (!Value.Check(actionChange, body)) throw notTaken(action)
  return {
    stage: 'rules',
    verb: 'change',
    noun: 'Action',
    name: action.name,
    details,
    perform: async ({ connection }) => {
      await connection.actions.update(there.id, body)
    },
  }
}

/** The order of dependencies means nothing. */
function comparable(draft: JsonObject): JsonObject {
  const { dependencies } = draft
  if (!Array.isArray(dependencies)) return draft
  const sorted = dependencies.toSorted((one, other) => (String(one.name) < String(other.name) ? -1 : 1))
  return { ...draft, dependencies: sorted }
}

function deployStep({ name }: ExportedAction): Step {
  return {
    stage: 'rules',
    verb: 'deploy',
    noun: 'Action',
    name,
    details: [],
    perform: async ({ connection, actionIds }) => {
      const id = actionIds.get(name)
      if (id === undefined) throw new StepRefused('The Action itself was not imported.')
      await connection.actions.deploy(id)
    },
  }
}

function notTaken({ place }: ExportedAction) {
  return unreadableExport(
    place,
    'The management API does not take its name, runtime, dependencies or secrets.',
  )
}
