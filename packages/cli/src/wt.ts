/** The program `wt`: hands the process to `runWt` and takes its exit code. Nothing else knows the process. */
import packageJson from '../package.json' with { type: 'json' }
import { unwritable } from './unwritable.ts'
import { runWt } from './wt/run-wt.ts'
import { wtEndings } from './wt/wt-failure.ts'

const interruption = new AbortController()
// Only the first: a second Ctrl-C ends the process as it would without us.
process.once('SIGINT', () => interruption.abort())

// `wt logs | head` closes the pipe early, and that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(unwritable(error))
  process.exit(error.code === 'EPIPE' ? wtEndings.done.code : wtEndings.unexpected.code)
})

process.exitCode = await runWt({
  version: packageJson.version,
  arguments: process.argv.slice(2),
  env: process.env,
  workingDir: process.cwd(),
  input: process.stdin,
  output: process.stdout,
  messages: process.stderr,
  interrupted: interruption.signal,
  fetch,
})
// An input that was left open, and that nobody reads any more, must not keep the program alive.
process.stdin.destroy()
