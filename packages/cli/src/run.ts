/** One run of the program: arguments in, exit code out. The only place where a failure becomes text. */
import { type Command, CommanderError } from 'commander'
import { exitCodes } from './exit-code.ts'
import type { Fetch } from './http.ts'
import { neutralJson, neutralLine, neutralText } from './neutral-text.ts'
import { createProgram } from './program.ts'
import { createTerminal, type Environment, type InputStream, type OutputStream } from './terminal.ts'

export interface RunDeps {
  readonly version: string
  readonly arguments: readonly string[]
  readonly env: Environment
  readonly workingDir: string
  readonly input: InputStream
  readonly output: OutputStream
  readonly messages: OutputStream
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal
  readonly now: () => Date
  readonly fetch: Fetch
}

export async function run(deps: RunDeps): Promise<number> {
  const terminal = createTerminal({ ...deps, noColor: deps.arguments.includes('--no-color') })
  try {
    const program = await createProgram({
      version: deps.version,
      arguments: deps.arguments,
      writeOut: (text) => deps.output.write(text),
      writeErr: (text) => deps.messages.write(text),
      loadContext: async (program: Command) => {
        const { openContext } = await import('./command-context.ts')
        return () => openContext({ ...deps, terminal }, program)
      },
    })
    await program.parseAsync(deps.arguments, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done
    // Commander has shown the help of a command that was named without its verb.
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage
    const { toFailure } = await import('./to-failure.ts')
    const failure = toFailure(error, deps.interrupted)
    const { what, why, todo } = failure.text
    if (deps.arguments.includes('--json')) {
      terminal.say(neutralJson({ error: { ending: failure.ending, what, why, do: todo } }))
    } else if (failure.ending !== 'interrupted') {
      const { red, dim } = terminal.messageColors
      terminal.say([
        `${red('Error:')} ${neutralLine(what)}`,
        `${dim('Why:')}   ${neutralLine(why)}`,
        `${dim('Do:')}    ${neutralLine(todo)}`,
      ])
    }
    if (failure.cause !== undefined && deps.arguments.includes('--debug')) {
      terminal.say(neutralText(String(failure.cause instanceof Error ? failure.cause.stack : failure.cause)))
    }
    return failure.exitCode
  }
}
