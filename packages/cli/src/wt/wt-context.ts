/** What every command is handed: the world outside, so that nothing reaches for it by itself. */
import type { Environment, Terminal } from '../terminal.ts'
import { chooseProfile, type ProfileFlags } from './choose-profile.ts'
import { type Door, openDoor } from './door.ts'

export interface WtContext {
  readonly terminal: Terminal
  readonly env: Environment
  readonly workingDir: string
  readonly fetch: typeof fetch
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal
}

/** `-o json`, or `--json` for short. */
export interface OutputFlags {
  readonly output?: 'json'
  readonly json?: boolean
}

export function wantsJson(flags: OutputFlags): boolean {
  return flags.json === true || flags.output === 'json'
}

export async function doorFor(context: WtContext, flags: ProfileFlags): Promise<Door> {
  return openDoor(await chooseProfile(flags, context.env), context.fetch)
}
