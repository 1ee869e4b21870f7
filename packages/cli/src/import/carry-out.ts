/**
 * Does what the plan says. What the server refuses does not keep the others back, but nothing that lets tokens out is
 * done after a rule was refused. Anything else ends the import, and the next run goes on where this one ended.
 */
import { type Connection, ManagementApiError } from '@tallystick/management-api/connect'
import type { Plan } from './make-plan.ts'
import type { CredentialsKeeper, ImportRun, Step } from './plan.ts'
import { StepRefused } from './step-refused.ts'

export interface CarryOutDeps {
  readonly connection: Connection
  readonly credentials: CredentialsKeeper
  readonly tell: (step: Step, refusal: string | undefined) => void
}

export interface Outcome {
  readonly done: readonly Step[]
  readonly refused: readonly { readonly step: Step; readonly why: string }[]
  /** Ids here, by the client's name. */
  readonly clientIds: ReadonlyMap<string, string>
}

const refusals: ReadonlySet<number> = new Set([400, 403, 404, 409, 412, 413, 422])

export async function carryOut(
  plan: Plan,
  { connection, credentials, tell }: CarryOutDeps,
): Promise<Outcome> {
  const run: ImportRun = {
    connection,
    clientIds: new Map(plan.clientIds),
    actionIds: new Map(plan.actionIds),
    credentials,
  }
  const done: Step[] = []
  const refused: { step: Step; why: string }[] = []
  for (const step of plan.steps) {
    const why = isHeldBack(step, refused) ?? (await tryStep(step, run))
    tell(step, why)
    if (why === undefined) done.push(step)
    else refused.push({ step, why })
  }
  return { done, refused, clientIds: run.clientIds }
}

/** Fewer rules than there were at Auth0 may let out what they would have refused. */
function isHeldBack({ stage }: Step, refused: readonly { readonly step: Step }[]): string | undefined {
  if (stage !== 'bindings' && stage !== 'grants') return undefined
  const rule = refused.find(({ step }) => step.stage === 'rules' || step.stage === 'bindings')?.step
  return rule && `Held back, because the ${rule.noun} ${rule.name} was refused.`
}

async function tryStep(step: Step, run: ImportRun): Promise<string | undefined> {
  try {
    await step.perform(run)
    return undefined
  } catch (error) {
    if (error instanceof StepRefused) return error.message
    if (!(error instanceof ManagementApiError) || !refusals.has(error.status)) throw error
    // Whoever may not do this may not do the rest either.
    if (error.code === 'insufficient_scope') throw error
    return error.message
  }
}
