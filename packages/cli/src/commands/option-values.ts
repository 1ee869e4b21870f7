/** How the values of options are parsed: a value that cannot be right is refused before anything is sent. */
import { InvalidArgumentError } from 'commander'

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('It needs a whole number.')
  return Number(text)
}

const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** A time such as `90s`, `30m`, `1h` or `2d`, in seconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Object.entries(secondsIn).find(([name]) => name === unit)?.[1]
  if (amount !== undefined && seconds !== undefined) return Number(amount) * seconds
  throw new InvalidArgumentError('It needs a time such as 90s, 30m, 1h or 2d.')
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
