/**
 * The server as its operator starts it, speaking TLS. This process comes to trust a private authority as a
 * program with NODE_EXTRA_CA_CERTS does, so that `fetch` works as it is.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, getCACertificates, type PeerCertificate, setDefaultCACertificates } from 'node:tls'
import { startProgram, untilReady } from './started-program.ts'
import { type BootstrapFile, readBootstrap } from './test-server.ts'

export interface TlsServer {
  /** What clients are told: `https://localhost:<port>` unless set otherwise. */
  readonly origin: string
  /** `localhost:<port>`, as SDKs want it. */
  readonly domain: string
  readonly port: number
  readonly dataDir: string
  readonly authorityPath: string
  readonly bootstrap: BootstrapFile
  readonly output: () => string
  readonly errors: () => string
  /** See `StartedProgram`. */
  tookMs(): number
  /** Resolves with the exit code. */
  stop(): Promise<number | null>
  /** Stops and removes the data. */
  close(): Promise<void>
}

/** Self-signed unless the settings bring files. @throws Error with what the server wrote when it ends. */
export async function startTlsServer({
  settings = { TALLYSTICK_TLS: 'self-signed' },
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-tls-server-')),
}: {
  settings?: Readonly<Record<string, string>>
  dataDir?: string
} = {}): Promise<TlsServer> {
  const started = startProgram({ TALLYSTICK_DATA_DIR: dataDir, ...settings })
  await untilReady(started)
  const authorityPath = join(dataDir, 'tls', 'ca.pem')
  if (settings.TALLYSTICK_TLS === 'self-signed') trust(readFileSync(authorityPath, 'utf8'))
  const bootstrap = readBootstrap(dataDir)
  return {
    origin: bootstrap.origin,
    domain: new URL(bootstrap.origin).host,
    port: portOf(started.errors()),
    dataDir,
    authorityPath,
    bootstrap,
    output: started.output,
    errors: started.errors,
    tookMs: started.tookMs,
    stop: started.stop,
    async close() {
      await started.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** From what the server logs; the origin may name a port of somebody else. */
function portOf(log: string): number {
  return Number(/listening at https:\/\/[^"]*:(\d+)/.exec(log)?.[1])
}

/** From now on this process trusts the authority, as if it had been started with NODE_EXTRA_CA_CERTS. */
export function trust(authorityPem: string): void {
  setDefaultCACertificates([...getCACertificates('default'), authorityPem])
}

/** What a new connection is shown. Whether it is trusted is not asked. */
export function certificateShown(port: number, servername?: string): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false }
    const socket = connect(servername === undefined ? options : { ...options, servername }, () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}
