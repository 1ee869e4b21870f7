/** The program `tallystick`: hands the process to `run` and takes its exit code. Nothing else knows the process. */
import packageJson from '../package.json' with { type: 'json' }
import { exitCodes } from './exit-code.ts'
import { run } from './run.ts'
import { unwritable } from './unwritable.ts'

const interruption = new AbortController()
// Only the first: a second Ctrl-C ends the process as it would without us.
process.once('SIGINT', () => interruption.abort())

// `tallystick logs list | head` closes the pipe early, and that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(unwritable(error))
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed)
})

const exitCode = await run({
  version: packageJson.version,
  arguments: process.argv.slice(2),
  env: process.env,
  workingDir: process.cwd(),
  input: process.stdin,
  output: process.stdout,
  messages: process.stderr,
  interrupted: interruption.signal,
  now: () => new Date(),
  fetch,
})
// A server that `serve` started lives on and has the last word about its own exit code.
if (exitCode !== exitCodes.done) process.exitCode = exitCode
