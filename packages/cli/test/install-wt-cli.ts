/**
 * The public webtask client, unmodified, for the tests that speak to it. It has an install of its own: its bin is called
 * `wt` as ours is, and would win over ours beside it.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const wtCliFolder = join(import.meta.dirname, 'wt-cli-11')

/** Both bins of the client. */
export const wtCliBins = {
  wt: join(wtCliFolder, 'node_modules', 'wt-cli', 'bin', 'wt'),
  auth0: join(wtCliFolder, 'node_modules', 'wt-cli', 'bin', 'auth0'),
}

const installTimeoutMs = 5 * 60_000

/** Run once before all tests (vitest's `globalSetup`). npm writes the file below last, so half an install is made anew. */
export async function setup(): Promise<void> {
  if (existsSync(join(wtCliFolder, 'node_modules', '.package-lock.json'))) return
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  await promisify(execFile)(npm, ['ci', '--ignore-scripts', '--omit=optional'], {
    cwd: wtCliFolder,
    timeout: installTimeoutMs,
    maxBuffer: 10_000_000,
  })
}
