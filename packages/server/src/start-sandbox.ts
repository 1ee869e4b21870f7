/** The sandbox as the settings want it: the server's, and that of an author who tries a rule without one. */
import type { Config } from './config.ts'
import type { Sandbox } from './sandbox/invocation.ts'
import { createSandbox, type SandboxDeps } from './sandbox/pool.ts'

export type SandboxSettings = Pick<
  Config,
  'ruleTimeoutMs' | 'ruleMemoryMb' | 'ruleFetchBytes' | 'ruleRunners' | 'ruleEgressPrivate'
>

export interface SandboxSurroundings {
  /** Where this server listens: no rule may reach it. */
  readonly ownListener: SandboxDeps['egress']['ownListener']
  readonly log: SandboxDeps['log']
}

/** UTF-8 bytes of console text of one invocation. */
const maxConsoleBytes = 16_384

export function startSandbox(
  settings: SandboxSettings,
  { ownListener, log }: SandboxSurroundings,
): Promise<Sandbox> {
  return createSandbox({
    limits: {
      timeoutMs: settings.ruleTimeoutMs,
      memoryMb: settings.ruleMemoryMb,
      maxFetchBytes: settings.ruleFetchBytes,
      maxConsoleBytes,
    },
    egress: { privateCidrs: settings.ruleEgressPrivate, ownListener },
    fastRunners: settings.ruleRunners,
    log,
  })
}
