/** What a command works with, handed to it once its options are known. */
import type { Connection } from '@tallystick/management-api/connect'
import type { Command } from 'commander'
import { type Asker, createAsker } from './ask.ts'
import { createFetch, type Fetch } from './http.ts'
import { findProfile, type Profile } from './profile.ts'
import { openConnection } from './sign-in/management-connection.ts'
import type { Environment, Terminal } from './terminal.ts'

export interface CommandContext {
  readonly terminal: Terminal
  readonly env: Environment
  readonly interrupted: AbortSignal
  readonly now: () => Date
  /** JSON was asked for. Most commands leave that to `present`. */
  readonly json: boolean
  readonly asker: Asker
  readonly fetch: Fetch
  readonly findProfile: () => Promise<Profile>
  /** The management API, signed in. @throws Failure when there is nothing to sign in with, or it is refused. */
  readonly connect: () => Promise<Connection>
  /** Prints the value as JSON when that was asked for, else the lines. */
  readonly present: (value: unknown, lines: () => readonly string[]) => void
}

export type OpenContext = () => CommandContext

export interface CommandContextDeps {
  readonly terminal: Terminal
  readonly env: Environment
  readonly workingDir: string
  readonly interrupted: AbortSignal
  readonly now: () => Date
  readonly fetch: Fetch
}

interface GlobalOptions {
  readonly url?: string
  readonly json?: true
  readonly yes?: true
  readonly input: boolean
  readonly debug?: true
}

export function openContext(deps: CommandContextDeps, program: Command): CommandContext {
  const { terminal, env, workingDir, interrupted, now } = deps
  const options = program.opts<GlobalOptions>()
  const fetch = createFetch({ terminal, debug: options.debug === true, interrupted, fetch: deps.fetch })
  const profile = () => findProfile({ url: options.url, env, workingDir })
  return {
    terminal,
    env,
    interrupted,
    now,
    json: options.json === true,
    fetch,
    asker: createAsker({ terminal, noInput: !options.input, yes: options.yes === true, interrupted }),
    findProfile: profile,
    connect: async () => openConnection({ fetch, env, now }, await profile()),
    present: (value, lines) => (options.json ? terminal.printJson(value) : terminal.print(lines())),
  }
}
