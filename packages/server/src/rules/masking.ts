/**
 * Masks known secret values in text that a rule produced, before anyone can read or store it: as they are, and
 * in the encodings in which they usually travel. Values under 4 characters are left: masking
 * every `a` would destroy the text and protect nothing.
 */
import { minMaskedSecretLength } from '../domain/rule.ts'

const mask = '[secret]'

/** Returns a function that replaces each of the values, and its usual encodings, by `[secret]`. */
export function createMask(secretValues: readonly string[]): (text: string) => string {
  const values = secretValues.filter((value) => value.length >= minMaskedSecretLength)
  if (values.length === 0) return (text) => text
  let needles: string[] | undefined
  return function maskSecrets(text) {
    needles ??= [...new Set(values.flatMap(encodingsOf))].sort((a, b) => b.length - a.length)
    let masked = text
    for (const needle of needles) {
      if (masked.includes(needle)) masked = masked.replaceAll(needle, mask)
    }
    return masked
  }
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
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ]
}

/**
 * JSON in which every string, names of members included, has gone through the mask. Masking the text of the JSON instead
 * would break it where a secret reads `true` or `2026`.
 */
export function maskedJson(value: unknown, mask: (text: string) => string): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member === 'string') return mask(member)
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const names = Object.keys(member)
    if (names.every((name) => mask(name) === name)) return member
    return Object.fromEntries(Object.entries(member).map(([name, inner]) => [mask(name), inner]))
  })
}
