/**
 * TLS on the one port, as the settings ask: with a certificate of our own making, or with the operator's. What is
 * shown to clients follows what it is made from: files that change, hosts that are added, and the calendar.
 */
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { createTlsListener, type TlsListener, type TlsListenerOptions } from './http/tls-listener.ts'
import { openSelfSignedTls } from './keys/tls/self-signed-tls.ts'
import { readTlsFiles, stampOf, type TlsFiles } from './keys/tls/tls-files.ts'
import { endOfPair, type PairFault, type TlsPair } from './keys/tls/tls-pair.ts'
import { TlsUnusableError } from './keys/tls/tls-unusable-error.ts'
import { settings } from './settings.ts'

export interface Tls {
  readonly serverFactory: TlsListener['serverFactory']
  /** The certificate that clients have to be told to trust; undefined where they trust ours already. */
  readonly authorityPath: string | undefined
}

export interface TlsDeps {
  readonly log: Logger
  readonly now: () => Date
  /** Names and addresses under which clients reach the server now. */
  readonly hosts: () => Promise<readonly string[]>
}

/** How often it is looked whether what clients are shown is still right. */
const checkIntervalMs = 2000

/**
 * Undefined when the settings ask for none. What is opened is put on `opened`.
 * @throws TlsUnusableError
 */
export async function openTls(
  config: Config,
  deps: TlsDeps,
  opened: AsyncDisposableStack,
): Promise<Tls | undefined> {
  const options = { asksForCertificates: config.tlsClientCertificates }
  if (config.tlsCert !== undefined && config.tlsKey !== undefined) {
    return serveFiles({ certificate: config.tlsCert, key: config.tlsKey }, options, deps, opened)
  }
  return config.tls === 'self-signed' ? serveSelfSigned(config.dataDir, options, deps, opened) : undefined
}

/** Whether clients can show theirs: to our own listener, or to a proxy that tells it. */
export function takesCertificates(config: Config): boolean {
  const speaksTls = config.tls === 'self-signed' || config.tlsCert !== undefined
  return (speaksTls && config.tlsClientCertificates) || config.clientCertificateHeader !== undefined
}

/** @throws TlsUnusableError with every fault of the operator's files; called before anything is made. */
export function checkTlsFiles({ tlsCert, tlsKey }: Config, now: Date): void {
  if (tlsCert === undefined || tlsKey === undefined) return
  const { faults } = readTlsFiles({ certificate: tlsCert, key: tlsKey }, now)
  if (faults.length > 0) throw new TlsUnusableError(faults.map(sentenceOf))
}

function serveFiles(
  files: TlsFiles,
  options: TlsListenerOptions,
  { log, now }: TlsDeps,
  opened: AsyncDisposableStack,
): Tls {
  let stamp = stampOf(files)
  const { pair, faults } = readTlsFiles(files, now())
  if (pair === undefined || faults.length > 0) throw new TlsUnusableError(faults.map(sentenceOf))
  const listener = createTlsListener(pair, options)
  const warnOfEnd = createEndWarning(log, now)
  let served = pair
  let brokenStamp = ''
  keepChecking(log, opened, async () => {
    warnOfEnd(served)
    const seen = stampOf(files)
    if (seen === stamp) return
    const next = readTlsFiles(files, now())
    if (next.pair !== undefined && next.faults.length === 0) {
      listener.use(next.pair)
      served = next.pair
      stamp = seen
      log.info('TLS: the certificate has been read again')
    } else if (seen === brokenStamp) {
      // Seen twice: nobody is in the middle of replacing the two files.
      stamp = seen
      log.error(
        { faults: next.faults.map(sentenceOf) },
        'TLS: the new certificate cannot serve; the old one stays',
      )
    }
    brokenStamp = seen
  })
  return { serverFactory: listener.serverFactory, authorityPath: undefined }
}

/** Time enough to get a new one; of our own making there is a new one long before. */
const daysOfWarning = 14

/** Once a day: nobody replaces a certificate because of a line that was written three months ago. */
function createEndWarning(log: Logger, now: () => Date): (pair: TlsPair) => void {
  let lookedOn = ''
  return (pair) => {
    const present = now()
    const day = present.toISOString().slice(0, 10)
    if (day === lookedOn) return
    lookedOn = day
    const end = endOfPair(pair)
    const days = ((end?.getTime() ?? Infinity) - present.getTime()) / 86_400_000
    if (days > daysOfWarning) return
    const what = days < 0 ? 'has expired, and clients refuse it' : 'ends soon'
    log.warn({ end }, `TLS: the certificate ${what}; replace the files of the settings`)
  }
}

async function serveSelfSigned(
  dataDir: string,
  options: TlsListenerOptions,
  { log, now, hosts }: TlsDeps,
  opened: AsyncDisposableStack,
): Promise<Tls> {
  const selfSigned = await openSelfSignedTls(dataDir, now())
  const named = await hosts()
  let due = dueBy(named, now())
  let shown = await selfSigned.pairFor(named, now())
  const listener = createTlsListener(shown, options)
  keepChecking(log, opened, async () => {
    const names = await hosts()
    if (due === dueBy(names, now())) return
    due = dueBy(names, now())
    const pair = await selfSigned.pairFor(names, now())
    if (pair.certificate === shown.certificate) return
    listener.use(pair)
    shown = pair
    log.info('TLS: a new certificate has been made')
  })
  return { serverFactory: listener.serverFactory, authorityPath: selfSigned.authorityPath }
}

/** Another host or another day: reason to look at the certificate again. */
function dueBy(hosts: readonly string[], now: Date): string {
  return [now.toISOString().slice(0, 10), ...hosts].join(' ')
}

function keepChecking(log: Logger, opened: AsyncDisposableStack, check: () => Promise<void>): void {
  let checking = Promise.resolve()
  const timer = setInterval(() => {
    checking = checking.then(check).catch((error: unknown) => {
      log.error({ err: error }, 'TLS: the certificate could not be replaced; the old one stays')
    })
  }, checkIntervalMs).unref()
  opened.defer(async () => {
    clearInterval(timer)
    await checking
  })
}

function sentenceOf({ part, text }: PairFault): string {
  return `${part === 'certificate' ? settings.tlsCert.name : settings.tlsKey.name} ${text}`
}
