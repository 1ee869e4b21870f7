/**
 * How secrets come in: from a file, from standard input or typed without echo, never as an argument,
 * where every process of the machine and the shell's history would see them.
 */
import { readFile } from 'node:fs/promises'
import type { Asker } from './ask.ts'
import { Failure } from './failure.ts'
import { isJsonObject } from './json-object.ts'
import { SecretText } from './secret-text.ts'
import type { InputStream } from './terminal.ts'

export type NamedSecrets = ReadonlyMap<string, SecretText>

export interface SecretInputDeps {
  readonly input: InputStream
  readonly asker: Asker
}

/** The text of a file, or of standard input when the path is `-`. */
export async function readText(path: string, input: InputStream): Promise<string> {
  if (path === '-') {
    let text = ''
    for await (const chunk of input) text += chunk.toString()
    return text
  }
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure(
      'failed',
      {
        what: `${path} cannot be read.`,
        why: error instanceof Error ? error.message : String(error),
        todo: 'Name a file that you may read, or - for standard input.',
      },
      { cause: error },
    )
  }
}

/** One secret: from `path`, or typed when there is none. A line feed at the end is not part of it. */
export async function readSecret(
  deps: SecretInputDeps,
  { path, question, flag }: { path: string | undefined; question: string; flag: string },
): Promise<SecretText> {
  if (path === undefined) return deps.asker.secret(question, `${flag} FILE, or ${flag} - for standard input`)
  const text = (await readText(path, deps.input)).replace(/\r?\n$/, '')
  if (text === '') {
    throw new Failure('usage', {
      what: 'The secret is empty.',
      why: `Nothing stands in ${path === '-' ? 'standard input' : path}.`,
      todo: `Give ${flag} a file that holds the secret.`,
    })
  }
  return new SecretText(text)
}

/** Several secrets by name: a file's, then those typed. */
export async function readNamedSecrets(
  deps: SecretInputDeps,
  { path, names }: { path: string | undefined; names: readonly string[] },
): Promise<NamedSecrets> {
  const secrets = new Map(path === undefined ? [] : parseSecrets(await readText(path, deps.input), path))
  for (const name of names) {
    secrets.set(name, await deps.asker.secret(`Value of ${name}:`, '--secrets-file FILE'))
  }
  return secrets
}

/**
 * `NAME=value` lines, as in an `.env` file: blank lines and lines that begin with `#` are left out, the
 * value is everything behind the first `=` as it stands. Or one JSON object of texts.
 */
export function parseSecrets(text: string, path: string): [name: string, SecretText][] {
  return text.trimStart().startsWith('{') ? parseJsonSecrets(text, path) : parseLines(text, path)
}

function parseLines(text: string, path: string): [name: string, SecretText][] {
  return text.split(/\r?\n/).flatMap((line, index): [string, SecretText][] => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const split = line.indexOf('=')
    if (split < 1) throw unreadable(path, `Line ${index + 1} is not NAME=value.`)
    return [[line.slice(0, split).trim(), new SecretText(line.slice(split + 1))]]
  })
}

function parseJsonSecrets(text: string, path: string): [name: string, SecretText][] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which is secret.
    throw unreadable(path, 'It begins like JSON and is none.')
  }
  if (!isJsonObject(parsed)) throw unreadable(path, 'It is not one JSON object.')
  return Object.entries(parsed).map(([name, value]) => {
    if (typeof value !== 'string') throw unreadable(path, `The value of ${name} is not a text.`)
    return [name, new SecretText(value)]
  })
}

function unreadable(path: string, why: string): Failure {
  return new Failure('usage', {
    what: `The secrets in ${path === '-' ? 'standard input' : path} cannot be read.`,
    why,
    todo: 'Write one NAME=value a line, or one JSON object whose values are texts.',
  })
}
