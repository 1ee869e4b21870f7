/** Runs `tallystick` in this process, with everything it says recorded. */
import { Readable } from 'node:stream'
import { run } from '../src/run.ts'
import type { Environment } from '../src/terminal.ts'

export interface RecordedRun {
  readonly exitCode: number
  readonly output: string
  readonly messages: string
}

export interface RunSettings {
  readonly env?: Environment
  readonly workingDir?: string
  /** What stands on standard input. */
  readonly input?: string
  readonly interrupted?: AbortSignal
  readonly now?: () => Date
  /** Somebody reads: standard output is a terminal. */
  readonly isTerminal?: boolean
  /** Called with everything printed so far, after each piece. */
  readonly onOutput?: (output: string) => void
  /** Called with each answer of a server, when its head is there. */
  readonly onAnswer?: (answer: Response) => void
}

export async function runRecorded(
  args: readonly string[],
  {
    env = {},
    workingDir = '/',
    input = '',
    interrupted,
    now,
    isTerminal = false,
    onOutput,
    onAnswer,
  }: RunSettings = {},
): Promise<RecordedRun> {
  let output = ''
  let messages = ''
  const exitCode = await run({
    version: '0.0.0',
    arguments: args,
    // Nothing of the developer's own profile takes part.
    env: { XDG_CONFIG_HOME: '/nonexistent', ...env },
    workingDir,
    input: Readable.from(input === '' ? [] : [input]),
    output: {
      isTTY: isTerminal,
      write: (text) => {
        output += text
        onOutput?.(output)
      },
    },
    messages: { write: (text) => (messages += text) },
    interrupted: interrupted ?? new AbortController().signal,
    now: now ?? (() => new Date()),
    async fetch(...asked: Parameters<typeof fetch>) {
      const answer = await fetch(...asked)
      onAnswer?.(answer)
      return answer
    },
  })
  return { exitCode, output, messages }
}
