/** One import from Auth0: read, plan, report, and unless it is a dry run, do it. */
import type { CommandContext } from '../command-context.ts'
import { Failure } from '../failure.ts'
import { carryOut, type Outcome } from '../import/carry-out.ts'
import { openCredentialsFile } from '../import/credentials-file.ts'
import type { Exported } from '../import/exported.ts'
import {
  clientIdChanges,
  clientIdLines,
  planLines,
  remarkLines,
  stepOnWire,
} from '../import/import-report.ts'
import { parseKeywordMappings } from '../import/keyword-mappings.ts'
import { makePlan, type Plan } from '../import/make-plan.ts'
import { parseExport } from '../import/parse-export.ts'
import type { CredentialsKeeper, Step } from '../import/plan.ts'
import { readPresentState } from '../import/present-state.ts'
import { readExport } from '../import/read-export.ts'
import { noSecrets, readRuleSecrets } from '../import/rule-secrets.ts'
import { neutralLine } from '../neutral-text.ts'
import { readText } from '../secret-input.ts'
import { revealSecret } from '../secret-text.ts'

export interface ImportOptions {
  readonly dryRun?: true
  readonly mapping?: string
  readonly ruleSecrets?: string
  readonly replaceSecrets?: true
  readonly credentialsOut?: string
}

export async function importFromAuth0(
  context: CommandContext,
  path: string,
  options: ImportOptions,
): Promise<void> {
  const exported = await readExported(context, path, options)
  const { origin, credentials } = await context.findProfile()
  const given = options.ruleSecrets && (await readRuleSecrets(options.ruleSecrets, context.terminal.input))
  const file =
    options.credentialsOut === undefined
      ? undefined
      : await openCredentialsFile(options.credentialsOut, origin)
  const connection = await context.connect()
  const plan = makePlan(exported, await readPresentState(connection), {
    rules: { given: given || noSecrets, replaceSecrets: options.replaceSecrets === true },
    operatorId: credentials?.clientId,
    begun: file?.begun ?? new Set(),
    origin,
  })
  if (options.dryRun) {
    presentPlan(context, exported, plan)
    return
  }
  refuseWhatStops(context, plan)
  if (!file) refuseToLoseSecrets(plan)
  const outcome = await carryOut(plan, {
    connection,
    credentials: file ? printingWhatIsNotKept(context, file) : keepsNothing,
    tell: (step, refusal) => context.terminal.say(neutralLine(lineOf(step, refusal))),
  })
  presentOutcome(context, { exported, plan, outcome })
  if (outcome.refused.length > 0) throw notAllDone(outcome)
}

async function readExported(
  { terminal }: CommandContext,
  path: string,
  { mapping, ruleSecrets }: ImportOptions,
): Promise<Exported> {
  if (mapping === '-' && ruleSecrets === '-') {
    throw new Failure('usage', {
      what: 'Standard input cannot be both keywords and secrets.',
      why: 'Both were given as -.',
      todo: 'Give one of them as a file.',
    })
  }
  const mappings =
    mapping === undefined
      ? new Map<string, unknown>()
      : parseKeywordMappings(await readText(mapping, terminal.input), mapping)
  return parseExport(await readExport(path, mappings))
}

function presentPlan({ present, terminal }: CommandContext, exported: Exported, plan: Plan): void {
  const clientIds = clientIdChanges(exported, plan.clientIds)
  present(
    { dry_run: true, plan: plan.steps.map(stepOnWire), clients: clientIds, remarks: plan.remarks },
    () => [...planLines(plan, terminal.lineWidth), ...remarkLines(plan.remarks)],
  )
}

function refuseWhatStops({ terminal }: CommandContext, { remarks }: Plan): void {
  const stops = remarks.filter(({ kind }) => kind === 'stops')
  const first = stops[0]
  if (!first) return
  terminal.say(remarkLines(stops))
  throw new Failure('usage', {
    what: 'The import cannot begin.',
    why: `${first.about}: ${first.text}`,
    todo: 'Settle what is listed above; --dry-run tells everything. Nothing was attempted.',
  })
}

/** @throws Failure when secrets would be made and nobody would keep them. */
function refuseToLoseSecrets({ steps }: Plan): void {
  const count = steps.filter(({ makesSecret }) => makesSecret).length
  if (count === 0) return
  throw new Failure('usage', {
    what: `Nobody would keep the ${count === 1 ? 'secret' : `${count} secrets`} that this import makes.`,
    why: 'Secrets of clients are not in an export, so new ones are made, and each is told once.',
    todo: 'Add --credentials-out FILE; nothing was attempted.',
  })
}

/** The server has already stored it: if it were lost here, nobody could ever use it. */
function printingWhatIsNotKept({ terminal }: CommandContext, file: CredentialsKeeper): CredentialsKeeper {
  return {
    ...file,
    finish: async (client) => {
      try {
        await file.finish(client)
      } catch (error) {
        terminal.say('The secret could not be written to the file; it is printed instead, this once.')
        terminal.print(neutralLine(`${client.clientId}  ${revealSecret(client.secret)}`))
        throw error
      }
    },
  }
}

const isNotForeseen = () => Promise.reject(new TypeError('A secret is made that the plan did not foresee.'))
const keepsNothing: CredentialsKeeper = {
  begin: isNotForeseen,
  giveUp: isNotForeseen,
  finish: isNotForeseen,
  signingSecret: isNotForeseen,
}

function lineOf({ verb, noun, name }: Step, refusal: string | undefined): string {
  return refusal === undefined ? `${verb} ${noun} ${name}` : `not done: ${verb} ${noun} ${name}: ${refusal}`
}

interface Ended {
  readonly exported: Exported
  readonly plan: Plan
  readonly outcome: Outcome
}

function presentOutcome({ present }: CommandContext, { exported, plan, outcome }: Ended): void {
  const clientIds = clientIdChanges(exported, outcome.clientIds)
  const refused = outcome.refused.map(({ step, why }) => ({ ...stepOnWire(step), why }))
  const done = outcome.done.map(stepOnWire)
  present({ dry_run: false, done, refused, clients: clientIds, remarks: plan.remarks }, () => [
    done.length === 0 ? 'Nothing was changed.' : `${done.length} of ${plan.steps.length} steps are done.`,
    ...clientIdLines(clientIds),
    ...remarkLines(plan.remarks),
  ])
}

function notAllDone({ refused }: Outcome): Failure {
  const [first] = refused
  return new Failure('failed', {
    what: `${refused.length} steps of the import were not done.`,
    why: first ? `${first.step.noun} ${first.step.name}: ${first.why}` : '',
    todo: 'Correct the export where it was refused and run the same command again: what is done stays done.',
  })
}
