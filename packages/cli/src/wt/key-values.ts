/** `KEY=VALUE` arguments and files of them, for secrets, meta and params. */
import { parseEnv } from 'node:util'
import { readText } from '../secret-input.ts'
import type { InputStream } from '../terminal.ts'
import { WtFailure } from './wt-failure.ts'

export type KeyValues = Readonly<Record<string, string>>

/** Split at the first `=`; the last of equal keys counts. */
export function parseKeyValues(texts: readonly string[], flag: string): KeyValues {
  return Object.fromEntries(
    texts.map((text) => {
      const split = text.indexOf('=')
      // The text is not repeated: it may be a secret that somebody put without its name.
      if (split < 1) throw new WtFailure('usage', `${flag} needs the form KEY=VALUE.`)
      return [text.slice(0, split), text.slice(split + 1)]
    }),
  )
}

/** An `.env` file with comments, quotes and `export`; `-` is standard input. */
export async function readKeyValues(path: string | undefined, input: InputStream): Promise<KeyValues> {
  if (path === undefined) return {}
  return Object.fromEntries(
    Object.entries(parseEnv(await readText(path, input))).map(([key, value]) => [key, value ?? '']),
  )
}
