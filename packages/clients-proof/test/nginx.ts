/** nginx, as a page configures it: what it shows is the page's own, and only ports and places are of the test. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../../server/test/free-port.ts'
import { samplesFolder } from './judged-tokens.ts'

/** Where Debian puts it; the path of a user need not hold it. */
const program = '/usr/sbin/nginx'

export const shownConfiguration = readFileSync(join(samplesFolder, 'nginx/tallystick.conf'), 'utf8')

export interface Nginx {
  readonly port: number
  close(): Promise<void>
}

/** @throws Error with what nginx said when it does not start. */
export async function startNginx(
  upstream: string,
  pair: { readonly pem: string; readonly key: string },
): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-nginx-'))
  const port = await findFreePort()
  const places = { 'listen 443 ssl': `listen 127.0.0.1:${port} ssl`, 'http://127.0.0.1:8420': upstream }
  const files = { '/etc/nginx/tls/cert.pem': pair.pem, '/etc/nginx/tls/key.pem': pair.key }
  let server = shownConfiguration
  for (const [shown, ours] of Object.entries(places)) server = replaceOnce(server, shown, ours)
  for (const [shown, text] of Object.entries(files)) {
    const path = join(folder, shown.replace(/.*\//, ''))
    writeFileSync(path, text, { mode: 0o600 })
    server = replaceOnce(server, shown, path)
  }
  writeFileSync(join(folder, 'nginx.conf'), aroundServer(folder, server))
  const child = spawn(program, ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'exit')
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    port,
    async close() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

function replaceOnce(text: string, shown: string, ours: string): string {
  if (text.split(shown).length !== 2) throw new Error(`The page does not say once: ${shown}`)
  return text.replace(shown, ours)
}

/** What is of the machine and not of the page. One process, so that whoever runs the tests may read the files. */
function aroundServer(folder: string, server: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${folder}/${kind};`)
    .join('\n')
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
${temporary}
${server}}
`
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1')
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
}
