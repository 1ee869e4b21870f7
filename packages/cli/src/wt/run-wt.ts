/** One run of `wt`: arguments in, exit code out. The only place where a failure becomes text. */
import { CommanderError } from 'commander'
import { Failure } from '../failure.ts'
import { neutralText } from '../neutral-text.ts'
import { createTerminal, type InputStream, type OutputStream } from '../terminal.ts'
import { createWtProgram } from './program.ts'
import type { WtContext } from './wt-context.ts'
import { WtFailure, wtEndings } from './wt-failure.ts'

export interface RunWtDeps extends Omit<WtContext, 'terminal'> {
  readonly version: string
  readonly arguments: readonly string[]
  readonly input: InputStream
  readonly output: OutputStream
  readonly messages: OutputStream
}

export async function runWt(deps: RunWtDeps): Promise<number> {
  const terminal = createTerminal({ ...deps, noColor: deps.arguments.includes('--no-color') })
  const program = createWtProgram({
    version: deps.version,
    context: { ...deps, terminal },
    writeOut: (text) => deps.output.write(text),
    writeErr: (text) => deps.messages.write(neutralText(text)),
  })
  try {
    // Read already, wherever it stands.
    const others = deps.arguments.filter((argument) => argument !== '--no-color')
    await program.parseAsync(others, { from: 'user' })
    return wtEndings.done.code
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? wtEndings.done.code : wtEndings.usage.code
    if (deps.interrupted.aborted) return wtEndings.cancelled.code
    const { ending, message } = inWords(error)
    terminal.say(terminal.messageColors.red(neutralText(message)))
    return wtEndings[ending].code
  }
}

function inWords(error: unknown): Pick<WtFailure, 'ending' | 'message'> {
  if (error instanceof WtFailure) return error
  if (error instanceof Failure) {
    const { what, why, todo } = error.text
    return { ending: error.ending === 'usage' ? 'usage' : 'unexpected', message: `${what} ${why} ${todo}` }
  }
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { ending: 'unexpected', message: `wt has a fault of its own: ${cause}` }
}
