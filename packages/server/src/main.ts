/** Reads the environment, starts, waits for a signal, stops; nothing else. */
import { type Logger, pino, stdTimeFunctions } from 'pino'
import { checkListening } from './check-listening.ts'
import { ConfigError, parseConfig } from './config.ts'
import { keepOutOfCoreDumps } from './core-dump.ts'
import { MasterKeyError } from './keys/secret/master-key.ts'
import { TlsUnusableError } from './keys/tls/tls-unusable-error.ts'
import type { RunningServer } from './server.ts'
import { settings } from './settings.ts'
import { StorageUnavailableError } from './storage/data-folder.ts'

/** What the system answers when there is no such address here, or not for us. */
const unboundAddress = new Set(['EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN'])

/** A terminal sends one signal to every process of a group, so several within a second are one. */
const sameSignalMs = 1000

/** Of lines that could not be written, which wait for the next one. Further ones are dropped. */
const maxUnwrittenCharacters = 1_048_576

await run()

async function run(): Promise<void> {
  process.stdout.on('error', goOn)
  process.stderr.on('error', goOn)
  // Node would open its debugger to everybody on this host, master key and all; tools that turn logs over send this signal.
  process.on('SIGUSR1', goOn)
  try {
    keepOutOfCoreDumps()
    const config = parseConfig(process.env)
    // What the server starts inherits its environment: the compiler, which reads code of strangers, too.
    delete process.env[settings.masterKey.name]
    const log = createLog(config.logLevel)
    // Loaded only now, so that a fault of the settings is told at once, and a place where it cannot listen as well.
    await checkListening(config)
    const { startServer } = await import('./server.ts')
    const words: string[] = []
    const print = (text: string) => void words.push(text)
    const server = await startServer(config, { log, now: () => new Date(), print })
    stopOnSignal(server)
    // Only now: who reads that it is ready may stop it the next moment, and data that was closed well opens as it was.
    for (const text of words) process.stdout.write(`${text}\n`)
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
  if (error instanceof TlsUnusableError) return error.message
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? `The port ${error.port}` : 'The port'
    return `${port} is in use. Stop what listens there, or set TALLYSTICK_PORT to another one.`
  }
  if ('code' in error && unboundAddress.has(String(error.code))) {
    return `The server cannot listen there (${error.code}). Check TALLYSTICK_HOST and TALLYSTICK_PORT.`
  }
  return error.stack ?? error.message
}

/** One JSON object a line, on standard error: time as ISO 8601 and level in words, for people at night. */
function createLog(level: string): Logger {
  const options = {
    level,
    name: 'tallystick',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const destination = pino.destination({ fd: 2, sync: true, maxLength: maxUnwrittenCharacters })
  destination.on('error', goOn)
  return pino(options, destination)
}

/**
 * A reader of the output that went away, or the full disk that it is kept on, is no reason to refuse anybody a token, and
 * none to stop: an error event that nobody listens to would do either.
 */
function goOn(): void {
  // There is nowhere left to tell it.
}
