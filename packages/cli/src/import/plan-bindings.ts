/** Which Actions run, and in which order. An Action that is bound here already is never let go by an import. */
import { isDeepStrictEqual } from 'node:util'
import type { Exported, ExportedBinding } from './exported.ts'
import { machineTrigger } from './machine-trigger.ts'
import type { PlanPart, Remark, Step } from './plan.ts'
import { runsForMachines } from './plan-actions.ts'
import type { PresentState } from './present-state.ts'

export function planBindings(exported: Exported, present: PresentState): PlanPart {
  if (exported.bindings === undefined) return { steps: [], remarks: [] }
  const remarks = exported.bindings.flatMap(({ action }) => bindingRemarks(action, exported, present))
  const here = present.bindings.map(({ action, display_name }) => ({
    action: action.name,
    displayName: display_name,
  }))
  const others = here.filter(({ action }) => !exported.bindings?.some((binding) => binding.action === action))
  const wanted = [...exported.bindings, ...others]
  if (others.length > 0) {
    const text = `bound here and not in the export, so they stay, behind the others: ${others.map(({ action }) => action).join(', ')}`
    remarks.push({ kind: 'differs', about: 'bindings', text })
  }
  return { steps: isDeepStrictEqual(wanted, here) ? [] : [bindStep(wanted)], remarks }
}

/** A chain with a link missing is another chain: perhaps the one that refuses is missing. */
function bindingRemarks(name: string, exported: Exported, present: PresentState): Remark[] {
  const inExport = exported.actions.find((action) => action.name === name && runsForMachines(action))
  const there = present.actions.find((action) => action.name === name)
  const stops = (text: string): Remark[] => [{ kind: 'stops', about: `bindings, ${name}`, text }]
  if (!inExport && !there) {
    return stops(
      'the Action is neither in the export nor here (Actions of the market place are not exported): write it, or take it out of the triggers',
    )
  }
  if (inExport?.isDeployed || there?.deployed_version) return []
  return stops(
    'the Action is bound and the export does not hold what was deployed: deploy it at Auth0 and export again, or set "deployed": true in the export',
  )
}

function bindStep(wanted: readonly ExportedBinding[]): Step {
  return {
    stage: 'bindings',
    verb: 'bind',
    noun: 'bindings',
    name: machineTrigger,
    details: wanted.map(({ action }) => action),
    perform: async ({ connection }) => {
      await connection.actionBindings.update(machineTrigger, {
        bindings: wanted.map(({ action, displayName }) => ({
          ref: { type: 'action_name', value: action },
          display_name: displayName,
        })),
      })
    },
  }
}
