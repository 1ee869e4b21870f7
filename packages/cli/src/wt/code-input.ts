/** Where the code of a webtask comes from: a file, a URL that we fetch, or standard input. */
import { fstatSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { InputStream } from '../terminal.ts'
import { WtFailure } from './wt-failure.ts'

export interface CodeInput {
  readonly code: string
  /** The name that the source suggests. */
  readonly suggestedName: string
}

export interface CodeInputDeps {
  readonly input: InputStream
  readonly workingDir: string
  readonly fetch: typeof fetch
}

/** How long nothing may come on standard input before we say so instead of waiting for ever. */
const firstByteTimeoutMs = 10_000

export async function readCode(spec: string | undefined, deps: CodeInputDeps): Promise<CodeInput> {
  if (spec === undefined || spec === '-') {
    return { code: await readInput(deps.input), suggestedName: nameOf(deps.workingDir) }
  }
  if (/^https?:\/\//.test(spec))
    return { code: await download(spec, deps.fetch), suggestedName: nameOf(new URL(spec).pathname) }
  try {
    return { code: await readFile(spec, 'utf8'), suggestedName: nameOf(spec) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new WtFailure('usage', `The code in ${spec} cannot be read: ${why}`, { cause })
  }
}

/** Base name without its extension. */
function nameOf(path: string): string {
  return basename(path, extname(path))
}

async function download(url: string, get: typeof fetch): Promise<string> {
  const response = await get(url).catch((cause: unknown) => {
    throw new WtFailure('unavailable', `The code at ${url} cannot be reached.`, { cause })
  })
  if (response.ok) return response.text()
  throw new WtFailure(
    'unavailable',
    `The code at ${url} cannot be had: its server answered ${response.status}.`,
  )
}

/** True when something is piped or redirected in, and neither a person nor nothing is at the other end. */
export function hasPipedInput(input: InputStream): boolean {
  if (input.isTTY) return false
  const stat = fstatSync(0, { throwIfNoEntry: false })
  return stat !== undefined && (stat.isFIFO() || stat.isFile() || stat.isSocket())
}

async function readInput(input: InputStream): Promise<string> {
  if (input.isTTY) {
    throw new WtFailure(
      'usage',
      'Code must be piped in when no file is named: wt create rule.js, or wt create < rule.js',
    )
  }
  const late = new WtFailure(
    'timeout',
    `Nothing came on standard input for ${firstByteTimeoutMs / 1000} s. Name the file: wt create rule.js`,
  )
  const chunks = input[Symbol.asyncIterator]()
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), firstByteTimeoutMs)
  })
  let text = ''
  const decoder = new TextDecoder()
  try {
    let next = await Promise.race([chunks.next(), timeout])
    while (!next.done) {
      text += typeof next.value === 'string' ? next.value : decoder.decode(next.value, { stream: true })
      next = await chunks.next()
    }
  } finally {
    clearTimeout(timer)
  }
  return text + decoder.decode()
}
