/** `tallystick serve`: the server package in this process, when it is installed beside the command line. */
import type { Command } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'

/** Named by a variable: the server is no dependency, and its absence is an ordinary case. */
const serverEntry: string = '@tallystick/server/serve'

export function addServeCommand(serve: Command, open: OpenContext): void {
  addExamples(serve, [
    ['tallystick serve', 'on http://localhost:8420, with its data in ./data'],
    ['TALLYSTICK_PORT=9000 TALLYSTICK_DATA_DIR=/var/lib/tallystick tallystick serve'],
  ])
  serve.addHelpText(
    'after',
    '\nSettings come by environment variables, TALLYSTICK_PORT and its kin. Ctrl-C stops it.',
  )
  serve.action(async () => {
    if (!isInstalled(serverEntry)) {
      throw new Failure('failed', {
        what: 'The server is not installed here.',
        why: 'The package @tallystick/server is not beside this command line, which works without it.',
        todo: 'Install it: npm install @tallystick/server',
      })
    }
    if (open().env.npm_command === 'exec') endWithParent()
    await import(serverEntry)
  })
}

const parentCheckMs = 500

/**
 * `npx` puts a shell between itself and us and passes signals on to the shell, which ends without a word to us. So a
 * server that npx started takes the end of its parent for the signal.
 */
function endWithParent(): void {
  const parent = process.ppid
  const check = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(check)
    process.kill(process.pid, 'SIGTERM')
  }, parentCheckMs)
  check.unref()
}

function isInstalled(entry: string): boolean {
  try {
    import.meta.resolve(entry)
    return true
  } catch {
    return false
  }
}
