/** `a0deploy`, unmodified, in a process of its own that is told which authority to trust. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { compiledCache } from '../../server/test/compiled-cache.ts'
import type { TlsServer } from '../../server/test/tls-server.ts'

const packageJson = createRequire(import.meta.url).resolve('auth0-deploy-cli/package.json')
const program = join(dirname(packageJson), 'lib', 'index.js')
/** Most of it is the tool's own: it compiles the schemas of all it knows. */
const commandTimeoutMs = 240_000

export interface DeployTool {
  /** What the tool wrote. @throws Error with that when it fails. */
  importFrom(folder: string, settings?: Readonly<Record<string, string>>): Promise<string>
  exportTo(folder: string, settings?: Readonly<Record<string, string>>): Promise<string>
  /** As `tenant.yaml` and the code beside it. */
  exportYamlTo(folder: string, settings?: Readonly<Record<string, string>>): Promise<string>
}

export function deployToolFor(server: TlsServer): DeployTool {
  const { client_id, client_secret } = server.bootstrap.management
  async function run(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], {
      timeout: commandTimeoutMs,
      maxBuffer: 10_000_000,
      cwd: server.dataDir,
      env: {
        PATH: process.env.PATH,
        NO_COLOR: '1',
        ...compiledCache,
        NODE_EXTRA_CA_CERTS: server.authorityPath,
        AUTH0_DOMAIN: server.domain,
        AUTH0_CLIENT_ID: client_id,
        AUTH0_CLIENT_SECRET: client_secret,
        ...settings,
      },
    })
    return stdout + stderr
  }
  function exportAs(format: string, folder: string, settings: Readonly<Record<string, string>> = {}) {
    mkdirSync(folder, { recursive: true })
    return run(['export', '--format', format, '--output_folder', folder], settings)
  }
  return {
    importFrom: (folder, settings = {}) => run(['import', '--input_file', folder], settings),
    exportTo: (folder, settings) => exportAs('directory', folder, settings),
    exportYamlTo: (folder, settings) => exportAs('yaml', folder, settings),
  }
}

/** Path below the folder to content, parsed where it is JSON, for every file in it. */
export function filesIn(folder: string): Record<string, unknown> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .sort()
  return Object.fromEntries(paths.map((path) => [relative(folder, path), contentOf(path)]))
}

function contentOf(path: string): unknown {
  const text = readFileSync(path, 'utf8')
  return path.endsWith('.json') ? JSON.parse(text) : text
}

export function writeFiles(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
}
