/** Hooks, known by their names. One is enabled when its secrets are there, and not before. */

import type { Connection } from '@tallystick/management-api/connect'
import { type HookToCreate, hookToCreate } from '@tallystick/management-api/contract/hooks'
import { Value } from 'typebox/value'
import { changedMembers } from './changed-members.ts'
import type { ExportedHook } from './exported.ts'
import { fitMembers } from './fit-members.ts'
import { machineTrigger } from './machine-trigger.ts'
import { missingSecretRemarks } from './missing-secrets.ts'
import type { PlanPart, Remark, Step } from './plan.ts'
import type { PresentHook, PresentState } from './present-state.ts'
import type { RuleOptions } from './rule-options.ts'
import { ruleRemarks } from './rule-remarks.ts'
import { revealed, type SecretsToSend, secretsToSend } from './rule-secrets.ts'
import { unreadableExport } from './unreadable-export.ts'

export function planHook(hook: ExportedHook, present: PresentState, options: RuleOptions): PlanPart {
  const about = `Hook ${hook.name}`
  if (hook.triggerId !== machineTrigger) {
    const text = `it is of the point ${hook.triggerId}, where nothing runs for machines`
    return { steps: [], remarks: [{ kind: 'left_out', about, text }] }
  }
  const there = present.hooks.find(({ name }) => name === hook.name)
  const given = options.given.hooks.get(hook.name)
  const secrets = secretsToSend(hook.secrets, given, there?.secretNames ?? [], options.replaceSecrets)
  const remarks: Remark[] = [
    ...ruleRemarks(
      { about, place: hook.place, code: hook.script, dependencies: hook.dependencies },
      options.allowedHosts,
    ),
    ...missingSecretRemarks(
      { about, kind: 'hooks', name: hook.name, willRun: hook.enabled },
      secrets.missing,
    ),
    ...replacedHookRemarks(hook, present.hooks),
  ]
  if (!hook.enabled)
    remarks.push({ kind: 'differs', about, text: 'it is disabled in the export, and so it is here' })
  const step = there ? changeStep(hook, there, secrets) : createStep(hook, secrets)
  return { steps: step ? [step] : [], remarks }
}

/** Enabling one ends another: said before it is done. */
function replacedHookRemarks(hook: ExportedHook, hooks: readonly PresentHook[]): Remark[] {
  const enabled = hooks.find((one) => one.enabled && one.triggerId === machineTrigger)
  if (!hook.enabled || !enabled || enabled.name === hook.name) return []
  const text = `it takes over from the Hook ${enabled.name}, which is enabled here now`
  return [{ kind: 'differs', about: `Hook ${hook.name}`, text }]
}

function bodyOf({ name, script, dependencies, triggerId, place }: ExportedHook): HookToCreate {
  const { members: body, refused } = fitMembers(hookToCreate.properties, {
    name,
    script,
    dependencies,
    triggerId,
  })
  if (Value.Check(hookToCreate, body)) return body
  throw unreadableExport(place, `The management API does not take its ${refused.join(', ')}.`)
}

function createStep(hook: ExportedHook, secrets: SecretsToSend): Step {
  const body = bodyOf(hook)
  return {
    stage: 'rules',
    verb: 'create',
    noun: 'Hook',
    name: hook.name,
    details: [...secretDetails(secrets), ...(hook.enabled ? ['enabled'] : [])],
    perform: async ({ connection }) => {
      const { id } = await connection.hooks.create(body)
      await sendSecrets(connection, id, secrets)
      if (hook.enabled) await connection.hooks.update(id, { enabled: true })
    },
  }
}

function changeStep(hook: ExportedHook, there: PresentHook, secrets: SecretsToSend): Step | undefined {
  const { name: _, triggerId: __, ...wanted } = { ...bodyOf(hook), enabled: hook.enabled }
  const changed = changedMembers(wanted, there)
  const details = [...Object.keys(changed), ...secretDetails(secrets)]
  if (details.length === 0) return undefined
  return {
    stage: 'rules',
    verb: 'change',
    noun: 'Hook',
    name: hook.name,
    details,
    perform: async ({ connection }) => {
      await sendSecrets(connection, there.id, secrets)
      if (Object.keys(changed).length > 0) await connection.hooks.update(there.id, changed)
    },
  }
}

function secretDetails({ added, replaced }: SecretsToSend): string[] {
  return [...added.keys(), ...replaced.keys()].map((name) => `secret ${name}`)
}

async function sendSecrets({ hookSecrets }: Connection, id: string, secrets: SecretsToSend): Promise<void> {
  if (secrets.added.size > 0) await hookSecrets.add(id, revealed(secrets.added))
  if (secrets.replaced.size > 0) await hookSecrets.change(id, revealed(secrets.replaced))
}
