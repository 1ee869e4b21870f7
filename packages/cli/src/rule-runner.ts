/** The part of the server package that runs rules without a server, as far as it is used here. */
import { Failure } from './failure.ts'
import { requireServer, serverEntries } from './server-package.ts'
import type { Environment } from './terminal.ts'

export interface RuleToRun {
  readonly name: string
  readonly source: string
  readonly model: 'auto' | 'callback' | 'action'
  readonly dependencies: Readonly<Record<string, string>>
  readonly rawEvent: unknown
  readonly secrets: Readonly<Record<string, string>>
  readonly granted: readonly string[] | undefined
  readonly egressAllow: readonly string[]
}

export interface RunLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
}

export interface RanReport {
  readonly kind: 'ran'
  readonly model: 'callback' | 'action'
  readonly outcome:
    | {
        readonly kind: 'granted'
        readonly claims: Readonly<Record<string, unknown>>
        readonly scopes: readonly string[]
        readonly expiresInSeconds?: number
      }
    | { readonly kind: 'refused' | 'failed'; readonly error: string; readonly description: string }
  readonly ended: string
  readonly droppedClaims: readonly string[]
  readonly console: readonly RunLine[]
  readonly fetches: readonly {
    readonly method: string
    readonly url: string
    readonly status: number | undefined
    readonly error: string | undefined
    readonly durationMs: number
  }[]
  readonly packages: readonly { readonly name: string; readonly version: string }[]
  readonly lane: 'fast' | 'slow'
  readonly durationMs: number
  readonly buildMs: number
}

export type RunReport =
  | { readonly kind: 'not_run'; readonly fault: 'rule' | 'event'; readonly message: string }
  | RanReport

export interface RuleRunner {
  run(rule: RuleToRun): Promise<RunReport>
  close(): Promise<void>
}

interface RunnerModule {
  readonly openRuleRunner: (env: Environment) => Promise<RuleRunner>
}

/** @throws Failure when the server package is not there, or the environment has settings that it refuses. */
export async function openRuleRunner(env: Environment): Promise<RuleRunner> {
  requireServer(serverEntries.ruleRunner)
  const runner = (await import(serverEntries.ruleRunner)) as RunnerModule
  try {
    return await runner.openRuleRunner(env)
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ConfigError')) throw error
    throw new Failure('usage', {
      what: 'The settings of this environment are wrong.',
      why: error.message.replaceAll('\n', ' '),
      todo: 'Correct or unset them: a rule runs here under the settings of a server.',
    })
  }
}
