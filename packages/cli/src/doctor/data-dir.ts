/** The local server's data folder: what lies in it must be its owner's alone. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from './finding.ts'

/** Everything that holds a secret, or from which one could be computed. */
const privateFiles = ['bootstrap.json', 'master.key', 'tallystick.db', 'tls/ca-key.pem', 'tls/server-key.pem']

export async function checkDataDir(dataDir: string): Promise<Finding[]> {
  // Windows keeps no such modes.
  if (process.platform === 'win32') return []
  const findings: Finding[] = []
  for (const path of [dataDir, ...privateFiles.map((name) => join(dataDir, name))]) {
    const mode = await modeOf(path)
    if (mode === undefined) continue
    const isFolder = path === dataDir
    // What lies in a folder that others may enter needs modes of its own; the files' are checked one by one.
    const open = isFolder ? mode & 0o022 : mode & 0o077
    const found = `mode ${mode.toString(8).padStart(4, '0')}`
    findings.push(
      open === 0
        ? { check: path, state: 'ok', found }
        : {
            check: path,
            state: 'failed',
            found: `${found}: others may ${isFolder ? 'write to' : 'read'} it`,
            todo: `chmod ${isFolder ? '700' : '600'} ${path}`,
          },
    )
  }
  return findings
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777
  } catch {
    // A key given by environment, or a database elsewhere: nothing here to check.
    return undefined
  }
}
