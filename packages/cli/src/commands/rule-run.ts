/** `tallystick rules run`: a rule on its author's machine, in the sandbox of the server and without one. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { isJsonObject } from '../json-object.ts'
import { openRuleRunner, type RuleRunner, type RuleToRun, type RunReport } from '../rule-runner.ts'
import { readNamedSecrets, readText } from '../secret-input.ts'
import { revealSecret } from '../secret-text.ts'
import { collect } from './option-values.ts'
import { reportLines } from './rule-run-report.ts'
import { runAtEachChange } from './rule-run-watch.ts'

interface RunOptions {
  readonly event?: string
  readonly model: RuleToRun['model']
  readonly secretsFile?: string
  readonly granted?: string
  readonly dependencies?: string
  readonly egressAllow?: readonly string[]
  readonly watch?: true
}

export function addRunCommand(rules: Command, open: OpenContext): void {
  const command = rules
    .command('run <file>')
    .description('run a rule here, without a server, and show what it does; - reads standard input')
    .option('--event <file>', "JSON: an Action's event, or a callback rule's arguments by name")
    .addOption(
      new Option('--model <model>', 'how the rule is called')
        .choices(['auto', 'callback', 'action'])
        .default('auto'),
    )
    .option('--secrets-file <file>', 'NAME=value lines or one JSON object')
    .option('--granted <scopes>', 'scopes of the client grant, separated by spaces')
    .option('--dependencies <file>', 'a package.json whose dependencies are installed, exact versions only')
    .option('--egress-allow <host>', 'a host or host:port that the rule may fetch from; repeatable', collect)
    .option('--watch', 'run it again at each change of these files')
    .action(async (file: string, options: RunOptions) => {
      const context = open()
      refuseOneInputForTwo(file, options)
      await using runner = runnerWhenNeeded(context)
      const once = () => runOnce(context, runner.open, file, options)
      if (options.watch) await runAtEachChange(context, filesOf(file, options), once)
      else await once()
    })
  addExamples(command, [
    ['tallystick rules run add-plan.js', 'under a sample event'],
    ['tallystick rules run action.ts --event event.json --watch'],
    ['tallystick rules run action.ts --json', 'ends with 0 when the rule granted, with 1 when it did not'],
  ])
}

/** Files that cannot be read are reported before a sandbox is started in vain. */
function runnerWhenNeeded({ env }: CommandContext) {
  let opened: Promise<RuleRunner> | undefined
  return {
    open: () => {
      opened ??= openRuleRunner(env)
      return opened
    },
    async [Symbol.asyncDispose]() {
      const runner = await opened?.catch(() => undefined)
      await runner?.close()
    },
  }
}

function filesOf(file: string, { event, secretsFile, dependencies }: RunOptions): string[] {
  return [file, event, secretsFile, dependencies].filter((path) => path !== undefined)
}

/** @throws Failure when the rule was not run, or did not grant. */
async function runOnce(
  context: CommandContext,
  openRunner: () => Promise<RuleRunner>,
  file: string,
  options: RunOptions,
): Promise<void> {
  const rule = await ruleToRun(context, file, options)
  const report = await (await openRunner()).run(rule)
  const { terminal, json } = context
  if (json) terminal.printJson(report)
  else if (report.kind === 'ran') terminal.print(reportLines(report, terminal.colors))
  const failure = failureOf(report)
  if (failure) throw failure
}

async function ruleToRun(
  { terminal, asker }: CommandContext,
  file: string,
  options: RunOptions,
): Promise<RuleToRun> {
  const { input } = terminal
  const secrets = await readNamedSecrets({ input, asker }, { path: options.secretsFile, names: [] })
  return {
    name: basename(file),
    source: await readText(file, input),
    model: options.model,
    dependencies: options.dependencies === undefined ? {} : await readDependencies(options.dependencies),
    rawEvent:
      options.event === undefined ? {} : parseJson(await readText(options.event, input), options.event),
    secrets: Object.fromEntries([...secrets].map(([name, value]) => [name, revealSecret(value)])),
    granted: options.granted?.split(/\s+/).filter((scope) => scope !== ''),
    egressAllow: options.egressAllow ?? [],
  }
}

async function readDependencies(path: string): Promise<Record<string, string>> {
  const packageJson = parseJson(await readFile(path, 'utf8').catch(() => ''), path)
  const dependencies = isJsonObject(packageJson) ? (packageJson.dependencies ?? {}) : undefined
  if (!isJsonObject(dependencies)) throw unusable(path, 'It is no package.json with dependencies.')
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, version]) => {
      if (typeof version !== 'string') throw unusable(path, `The version of ${name} is not a text.`)
      return [name, version]
    }),
  )
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unusable(path, error instanceof Error ? error.message : 'It is not JSON.')
  }
}

function unusable(path: string, why: string): Failure {
  return new Failure('usage', {
    what: `${path === '-' ? 'Standard input' : path} cannot be used.`,
    why,
    todo: 'Give a file of JSON; `tallystick rules run --help` says of what kind.',
  })
}

function refuseOneInputForTwo(file: string, { event, secretsFile, watch }: RunOptions): void {
  const fromInput = [file, event, secretsFile].filter((path) => path === '-').length
  if (fromInput <= (watch ? 0 : 1)) return
  throw new Failure('usage', {
    what: 'Standard input cannot be used like this.',
    why: watch ? 'It is read once, and --watch reads again.' : 'It was given for more than one thing.',
    todo: 'Give files instead.',
  })
}

function failureOf(report: RunReport): Failure | undefined {
  if (report.kind === 'not_run') {
    const isEvent = report.fault === 'event'
    return new Failure(isEvent ? 'usage' : 'failed', {
      what: isEvent ? 'The event cannot be used.' : 'The rule cannot be built.',
      why: report.message,
      todo: isEvent ? 'Correct the event.' : 'Correct the rule; a server would refuse it, too.',
    })
  }
  const { outcome, console } = report
  if (outcome.kind === 'granted') return undefined
  const said = console.findLast(({ level }) => level === 'error')
  return new Failure('failed', {
    what: outcome.kind === 'refused' ? 'The rule refused the request.' : 'The rule failed.',
    why: said?.text ?? outcome.description,
    todo: 'No token would be issued. Change the rule or the event if that is not what you meant.',
  })
}
