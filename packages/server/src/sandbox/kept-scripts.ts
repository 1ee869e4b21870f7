/**
 * What was bundled is kept in a file, and taken from there as long as everything that it was made of is as it was: most
 * starts of a checkout are spared the bundler, which takes longer than the rest of a start.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface RunnerScripts {
  /** CommonJS text of the runner program. */
  readonly runner: string
  /** What every isolate begins with. */
  readonly snapshotScripts: readonly string[]
  readonly bundles: Readonly<Record<string, string>>
  /** Parses sources when they are compiled; evaluated in an isolate of its own. */
  readonly parser: string
}

export interface MadeScripts {
  readonly scripts: RunnerScripts
  /** Every file whose content takes part. */
  readonly inputs: readonly string[]
}

/** Whatever is wrong with the file, or with the folder that it should be in: then they are made. */
export async function keptOrMade(path: string, make: () => Promise<MadeScripts>): Promise<RunnerScripts> {
  const kept = await readKept(path).catch(() => undefined)
  if (kept !== undefined) return kept
  const made = await make()
  await keep(path, made).catch(() => undefined)
  return made.scripts
}

async function readKept(path: string): Promise<RunnerScripts | undefined> {
  const { digest, inputs, scripts } = Object(JSON.parse(await readFile(path, 'utf8')))
  if (!isTexts(inputs) || digest !== (await digestOf(inputs))) return undefined
  return parseScripts(scripts)
}

/** Another process may read, or write the same, at that moment: the file appears whole. */
async function keep(path: string, { scripts, inputs }: MadeScripts): Promise<void> {
  const text = JSON.stringify({ digest: await digestOf(inputs), inputs, scripts })
  const unfinished = `${path}.${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(unfinished, text, { mode: 0o600 })
  await rename(unfinished, path)
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  const contents = await Promise.all(paths.map((path) => readFile(path)))
  for (const [at, content] of contents.entries())
    hash.update(`${paths[at]}\n${content.length}\n`).update(content)
  return hash.digest('hex')
}

function parseScripts(raw: unknown): RunnerScripts | undefined {
  const { runner, snapshotScripts, bundles, parser } = Object(raw)
  if (typeof runner !== 'string' || typeof parser !== 'string' || !isTexts(snapshotScripts)) return undefined
  const texts = Object.entries(Object(bundles)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return { runner, snapshotScripts, bundles: Object.fromEntries(texts), parser }
}

function isTexts(raw: unknown): raw is readonly string[] {
  return Array.isArray(raw) && raw.every((text) => typeof text === 'string')
}
