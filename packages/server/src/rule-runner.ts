/**
 * Runs rules on their author's machine, without a server: built and run as a server does it that has the same settings.
 * What the command line shows of a run is here; nothing else of this package is for its eyes.
 */
import { randomUUID } from 'node:crypto'
import { createBuilder } from './build/builder.ts'
import { type Environment, parseConfig } from './config.ts'
import { parseScope, type Scope } from './domain/resource-server.ts'
import type { RuleModel } from './domain/rule.ts'
import {
  BuildError,
  type Builder,
  type InstalledPackage,
  type ModuleBundle,
  parseDependency,
} from './domain/rule-build.ts'
import { newSeed } from './keys/secret/random-id.ts'
import { type BuiltRule, createBuildRule } from './rules/build-rule.ts'
import type { JudgedInvocation, MaskedFetch, MaskedLine } from './rules/invoke-rule.ts'
import { ruleProgram } from './rules/rule-program.ts'
import { RuleRefusedError } from './rules/rule-refused.ts'
import { TrialEventError } from './rules/trial-event.ts'
import { createTryRule } from './rules/try-rule.ts'
import { startSandbox } from './start-sandbox.ts'

export interface RuleToRun {
  /** What it is called in messages. */
  readonly name: string
  readonly source: string
  /** `auto`: an Action when its source names the function of one. */
  readonly model: RuleModel | 'auto'
  /** Versions by package. */
  readonly dependencies: Readonly<Record<string, string>>
  /** An Action's `event`, or a callback rule's arguments by name; what is missing comes from a sample. */
  readonly rawEvent: unknown
  readonly secrets: Readonly<Record<string, string>>
  /** Scopes of the client grant. Undefined: those that the event is about to issue. */
  readonly granted: readonly string[] | undefined
  /** `host` or `host:port`. */
  readonly egressAllow: readonly string[]
}

export type RunReport =
  /** Nothing ran: the rule cannot be built, or its event cannot be one. */
  | { readonly kind: 'not_run'; readonly fault: 'rule' | 'event'; readonly message: string }
  | {
      readonly kind: 'ran'
      readonly model: RuleModel
      readonly outcome: RunOutcome
      /** How the invocation ended, in one word. */
      readonly ended: string
      readonly droppedClaims: readonly string[]
      /** What it printed, and what a server's log would say about it. */
      readonly console: readonly MaskedLine[]
      readonly fetches: readonly MaskedFetch[]
      readonly packages: readonly InstalledPackage[]
      readonly lane: 'fast' | 'slow'
      readonly durationMs: number
      readonly buildMs: number
    }

export type RunOutcome =
  | {
      readonly kind: 'granted'
      readonly claims: Readonly<Record<string, unknown>>
      readonly scopes: readonly string[]
      /** Of the token, where the rule set it. */
      readonly expiresInSeconds?: number
    }
  /** `error` and `description` as a client would get them from a tenant that answers as the RFCs say. */
  | { readonly kind: 'refused' | 'failed'; readonly error: string; readonly description: string }

export interface RuleRunner {
  run(rule: RuleToRun): Promise<RunReport>
  close(): Promise<void>
}

/** @throws ConfigError when the settings of the environment are wrong. */
export async function openRuleRunner(env: Environment): Promise<RuleRunner> {
  const config = parseConfig(env)
  const sandbox = await startSandbox(
    { ...config, ruleRunners: 1 },
    { ownListener: () => [], log: () => undefined },
  )
  const builder = createBuilder({ registry: config.npmRegistry, environment: config.installerEnvironment })
  const buildRule = createBuildRule({
    sandbox,
    builder: { ...builder, install: installOnce(builder.install) },
  })
  const tryRule = createTryRule({ sandbox, now: () => new Date() })

  async function run(rule: RuleToRun): Promise<RunReport> {
    const model = rule.model === 'auto' ? modelOf(rule.source) : rule.model
    const begun = performance.now()
    const dependencies = Object.entries(rule.dependencies).map(([name, version]) =>
      parseDependency(name, version),
    )
    const built = await buildRule.build({ model, source: rule.source, dependencies })
    const buildMs = performance.now() - begun
    const tried = await tryRule({
      name: rule.name,
      model,
      program: {
        id: randomUUID(),
        owner: 'author',
        load: async () => ruleProgram(model, { source: rule.source, ...built }),
      },
      rawEvent: rule.rawEvent,
      secrets: rule.secrets,
      granted: rule.granted?.map(requireScope),
      egressAllow: rule.egressAllow,
      seed: newSeed(),
      onLine: () => undefined,
    })
    return reportOf(model, built, tried, buildMs)
  }

  return {
    run: (rule) => run(rule).catch(notRun),
    close: () => sandbox.close(),
  }
}

/** An author who tries a rule again and again does not wait for the same packages each time. */
function installOnce(install: Builder['install']): Builder['install'] {
  let last: { asked: string; bundle: Promise<ModuleBundle> } | undefined
  return (dependencies, requested) => {
    const asked = JSON.stringify([dependencies, requested])
    if (last?.asked !== asked) last = { asked, bundle: install(dependencies, requested) }
    last.bundle.catch(() => {
      last = undefined
    })
    return last.bundle
  }
}

function modelOf(source: string): RuleModel {
  return /\bonExecuteCredentialsExchange\b/.test(source) ? 'action' : 'callback'
}

function requireScope(text: string): Scope {
  const scope = parseScope(text)
  if (scope === undefined) throw new TrialEventError('One of the granted scopes is no scope.')
  return scope
}

function notRun(error: unknown): RunReport {
  if (error instanceof TrialEventError) return { kind: 'not_run', fault: 'event', message: error.message }
  if (error instanceof RuleRefusedError || error instanceof BuildError) {
    return { kind: 'not_run', fault: 'rule', message: error.message }
  }
  throw error
}

function reportOf(
  model: RuleModel,
  { packages }: BuiltRule,
  { verdict, console, fetches, lane, durationMs }: JudgedInvocation,
  buildMs: number,
): RunReport {
  const { decision, ended, droppedClaims } = verdict
  const outcome: RunOutcome =
    decision.kind === 'shaped'
      ? {
          kind: 'granted',
          claims: decision.claims,
          scopes: decision.scopes,
          ...(decision.lifetimeSeconds !== undefined && { expiresInSeconds: decision.lifetimeSeconds }),
        }
      : {
          kind: ended === 'refused' ? 'refused' : 'failed',
          error: decision.error.code,
          description: decision.error.message,
        }
  return {
    kind: 'ran',
    model,
    outcome,
    ended,
    droppedClaims,
    console,
    fetches,
    packages,
    lane,
    durationMs,
    buildMs,
  }
}
