/**
 * Masks known secret values in text that a rule produced, before anyone can read or store it: as they are, and
 * in the encodings in which they usually travel. Values under 4 characters are left: masking
 * every `a` would destroy the text and protect nothing.
 */
import { minMaskedSecretLength } from '../domain/rule.ts'

const mask = '[secret]'

/**
 * Replaces what is secret by `[secret]`. Where the end of a text was cut off, a secret may lie across the cut and look
 * like none: with `cut`, what may be the beginning of one goes too, be it a single letter.
 */
export type Mask = (text: string, end?: 'cut') => string

/** Returns a function that masks each of the values, and its usual encodings. */
export function createMask(secretValues: readonly string[]): Mask {
  let maskValues: Mask | undefined
  return function maskSecrets(text, end) {
    maskValues ??= createMaskOf(needlesOf(secretValues))
    return maskValues(text, end)
  }
}

/** All texts in which the values travel, for who masks the same ones again and again. */
export function needlesOf(secretValues: readonly string[]): string[] {
  const values = secretValues.filter((value) => value.length >= minMaskedSecretLength)
  return [...new Set(values.flatMap(encodingsOf))]
}

export function createMaskOf(needles: readonly string[]): Mask {
  if (needles.length === 0) return (text) => text
  return function maskNeedles(text, end) {
    const found = needles.filter((needle) => text.includes(needle))
    if (found.length === 0 && end !== 'cut') return text
    const keptLength = end === 'cut' ? lengthBeforeBeginnings(text, needles) : text.length
    let masked = ''
    let from = 0
    for (const range of merged(found.flatMap((needle) => rangesOf(text, needle)))) {
      if (range.from >= keptLength) break
      masked += text.slice(from, range.from) + mask
      from = range.to
    }
    return masked + text.slice(from, Math.max(from, keptLength))
  }
}

interface Range {
  readonly from: number
  readonly to: number
}

/** Where a needle stands. Each place is found, or one that overlaps it on either side: merged, they cover the same. */
function rangesOf(text: string, needle: string): Range[] {
  const ranges: Range[] = []
  for (let from = text.indexOf(needle); from >= 0; ) {
    const to = from + needle.length
    ranges.push({ from, to })
    const overlapping = text.lastIndexOf(needle, to - 1)
    from = overlapping > from ? overlapping : text.indexOf(needle, to)
  }
  return ranges
}

/** In order. What overlaps becomes one, so that of two secrets within one another neither shows an end. */
function merged(ranges: Range[]): Range[] {
  const apart: Range[] = []
  for (const range of ranges.sort((a, b) => a.from - b.from)) {
    const last = apart.at(-1)
    if (last === undefined || range.from >= last.to) apart.push(range)
    else apart[apart.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
  }
  return apart
}

/** Up to where a text ends with no beginning of a needle. */
function lengthBeforeBeginnings(text: string, needles: readonly string[]): number {
  return text.length - Math.max(...needles.map((needle) => lengthOfBeginning(text, needle)))
}

/**
 * Characters of the longest beginning of the needle, short of all of it, with which the text ends (Knuth, Morris and
 * Pratt): the time it takes grows with the needle and not with its square, whatever a rule puts there.
 */
function lengthOfBeginning(text: string, needle: string): number {
  const fallbacks = [0]
  const extend = (length: number, character: string | undefined): number => {
    let matched = length
    while (matched > 0 && needle[matched] !== character) matched = fallbacks[matched - 1] ?? 0
    return needle[matched] === character ? matched + 1 : 0
  }
  for (let at = 1; at < needle.length; at++) fallbacks[at] = extend(fallbacks[at - 1] ?? 0, needle[at])
  let matched = 0
  for (let at = Math.max(0, text.length - needle.length + 1); at < text.length; at++)
    matched = extend(matched, text[at])
  return matched
}

function encodingsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  const base64 = bytes.toString('base64')
  return [
    value,
    hex,
    hex.toUpperCase(),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
  ]
}

/** Whether the mask leaves every string in this JSON as it is; it may say no where it does. */
export function isUntouched(json: string, mask: (text: string) => string): boolean {
  // Where nothing is escaped, every string stands in the JSON as it is, and what the mask looks for with it.
  return !json.includes('\\') && mask(json) === json
}

/**
 * JSON in which every string, names of members included, has gone through the mask. Masking the text of the JSON instead
 * would break it where a secret reads `true` or `2026`.
 */
export function maskedJson(value: unknown, mask: (text: string) => string): string {
  const json = JSON.stringify(value)
  if (isUntouched(json, mask)) return json
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member === 'string') return mask(member)
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const names = Object.keys(member)
    if (names.every((name) => mask(name) === name)) return member
    return Object.fromEntries(Object.entries(member).map(([name, inner]) => [mask(name), inner]))
  })
}
