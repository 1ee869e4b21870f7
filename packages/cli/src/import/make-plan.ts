/** From an export and the present state to everything that would be done and said. */
import type { Exported } from './exported.ts'
import { generalRemarks } from './general-remarks.ts'
import { type PlanPart, type Remark, type Step, stages } from './plan.ts'
import { planAction } from './plan-actions.ts'
import { planApi } from './plan-apis.ts'
import { planBindings } from './plan-bindings.ts'
import { findClient, planClient } from './plan-clients.ts'
import { planGrant } from './plan-grants.ts'
import { planHook } from './plan-hooks.ts'
import { planSettings } from './plan-settings.ts'
import type { PresentState } from './present-state.ts'
import type { RuleOptions } from './rule-options.ts'

export interface PlanOptions {
  readonly rules: Omit<RuleOptions, 'allowedHosts'>
  readonly operatorId: string | undefined
  /** Of the credentials file: clients whose secrets never arrived. */
  readonly begun: ReadonlySet<string>
  readonly origin: string
}

export interface Plan {
  /** In the order in which they are done. */
  readonly steps: readonly Step[]
  readonly remarks: readonly Remark[]
  /** How many objects of the export there are here as they shall be, or are left out. */
  readonly unchanged: number
  /** Ids here of the clients and Actions that are there already, by their names. */
  readonly clientIds: ReadonlyMap<string, string>
  readonly actionIds: ReadonlyMap<string, string>
}

export function makePlan(exported: Exported, present: PresentState, options: PlanOptions): Plan {
  const rules = { ...options.rules, allowedHosts: present.settings.egress.allow }
  const clients = { clients: present.clients, operatorId: options.operatorId, begun: options.begun }
  const parts: PlanPart[] = [
    planSettings(exported.settings, present.settings),
    ...exported.apis.map((api) => planApi(api, present.apis)),
    ...exported.clients.map((client) => planClient(client, clients)),
    ...exported.hooks.map((hook) => planHook(hook, present, rules)),
    ...exported.actions.map((action) => planAction(action, present, rules)),
    planBindings(exported, present),
    ...exported.grants.map((grant) => planGrant(grant, exported, present)),
  ]
  const steps = parts.flatMap((part) => part.steps)
  return {
    steps: stages.flatMap((stage) => steps.filter((step) => step.stage === stage)),
    remarks: [
      ...parts.flatMap((part) => part.remarks),
      ...generalRemarks(exported, { settings: present.settings, origin: options.origin }),
    ],
    unchanged: parts.filter((part) => part.steps.length === 0).length,
    clientIds: new Map(
      exported.clients.flatMap((client) => {
        const there = findClient(client, present.clients)
        return there ? [[client.name, there.client_id]] : []
      }),
    ),
    actionIds: new Map(present.actions.map(({ name, id }) => [name, id])),
  }
}
