/** How the values of options are read: each refuses what it cannot mean, before anything is sent. */
import { InvalidArgumentError } from 'commander'

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('It needs a whole number.')
  return Number(text)
}

/** `name=value` pairs of an option that may be given several times. */
export function collectPairs(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const split = text.indexOf('=')
  if (split < 1) throw new InvalidArgumentError('It needs name=value.')
  const entries = Object.entries(before)
  return Object.fromEntries([...entries, [text.slice(0, split), text.slice(split + 1)]])
}
