/** Reads the environment, starts, waits for a signal, stops; nothing else. */
import { pino } from 'pino'
import { ConfigError, parseConfig } from './config.ts'
import { MasterKeyError } from './keys/master-key.ts'
import type { RunningServer } from './server.ts'
import { StorageUnavailableError } from './storage/data-folder.ts'

/** A terminal sends one signal to every process of a group, so several within a second are one. */
const sameSignalMs = 1000

await run()

async function run(): Promise<void> {
  try {
    const config = parseConfig(process.env)
    const log = pino({ level: config.logLevel, name: 'tallystick' }, pino.destination({ fd: 2, sync: true }))
    // Loaded only now, so that a fault of the settings is told at once.
    const { startServer } = await import('./server.ts')
    const server = await startServer(config, {
      log,
      now: () => new Date(),
      print: (text) => process.stdout.write(`${text}\n`),
    })
    stopOnSignal(server)
  } catch (error) {
    process.stderr.write(`${reasonInLines(error)}\n`)
    process.exitCode = 1
  }
}

function stopOnSignal(server: RunningServer): void {
  let firstAt: number | undefined
  const onSignal = () => {
    if (firstAt === undefined) {
      firstAt = Date.now()
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`The server did not stop cleanly: ${reasonInLines(error)}\n`)
          process.exit(1)
        },
      )
    } else if (Date.now() - firstAt > sameSignalMs) {
      process.exit(1)
    }
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

function reasonInLines(error: unknown): string {
  if (error instanceof ConfigError) return error.faults.join('\n')
  if (error instanceof StorageUnavailableError || error instanceof MasterKeyError) return error.message
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') {
    return 'The port is in use. Stop what listens there, or set TALLYSTICK_PORT to another one.'
  }
  if ('code' in error && (error.code === 'EADDRNOTAVAIL' || error.code === 'EACCES')) {
    return `The server cannot listen there (${error.code}). Check TALLYSTICK_HOST and TALLYSTICK_PORT.`
  }
  return error.stack ?? error.message
}
