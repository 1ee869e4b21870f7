/** `tallystick serve`: the server package in this process, when it is installed beside the command line. */
import type { Command } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { requireServer, serverEntries } from '../server-package.ts'

export function addServeCommand(serve: Command, open: OpenContext): void {
  addExamples(serve, [
    ['tallystick serve', 'on http://localhost:8420, with its data in ./data'],
    ['TALLYSTICK_PORT=9000 TALLYSTICK_DATA_DIR=/var/lib/tallystick tallystick serve'],
  ])
  serve.addHelpText(
    'after',
    '\nSettings are environment variables, such as TALLYSTICK_PORT. Ctrl-C stops it.',
  )
  serve.action(async () => {
    requireServer(serverEntries.serve)
    if (open().env.npm_command === 'exec') endWithParent()
    // A closed output ends a command, but not a server, which handles that itself.
    process.stdout.removeAllListeners('error')
    await import(serverEntries.serve)
  })
}

const parentCheckMs = 500

/**
 * `npx` puts a shell between itself and us and passes signals on to the shell, which ends without passing them on. So
 * a server that npx started takes the end of its parent for the signal.
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
