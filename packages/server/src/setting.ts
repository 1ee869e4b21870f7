/** How the text of one setting becomes a value. */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface Setting<Value> {
  readonly name: string
  /** As the README shows it. */
  readonly default: string
  readonly meaning: string
  /** `text` is undefined when the variable is absent or empty. @throws SettingFault */
  readonly parse: (text: string | undefined) => Value
}

/** A value that a setting cannot have. The message completes the sentence that begins with the setting's name. */
export class SettingFault extends Error {
  override readonly name = 'SettingFault'
}

/** A private network and port that rules may reach, in CIDR notation. */
export interface PrivateDestination {
  readonly cidr: string
  readonly port: number
}

export function integer(
  text: string | undefined,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  if (text === undefined) return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new SettingFault(`must be a whole number from ${min} to ${max}.`)
}

export function oneOf<const Choice extends string>(
  text: string | undefined,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  if (text === undefined) return fallback
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  throw new SettingFault(
    choices.length === 1
      ? `can only be ${choices[0]} in this release.`
      : `must be one of: ${choices.join(', ')}.`,
  )
}

export function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

export function cidr(text: string): string {
  if (ipaddr.isValidCIDR(text)) return text
  if (ipaddr.isValid(text)) return `${text}/${ipaddr.parse(text).kind() === 'ipv4' ? 32 : 128}`
  throw new SettingFault('must list addresses or CIDR ranges, such as 10.0.0.0/8,fd00::/8.')
}

export function privateDestination(text: string): PrivateDestination {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  const range = text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, '$1')
  if (colon > 0 && Number.isInteger(port) && port > 0 && port <= 65_535 && ipaddr.isValidCIDR(range)) {
    return { cidr: range, port }
  }
  throw new SettingFault('must list CIDR:port, such as 10.1.0.0/16:443 or [fd00::/8]:8080.')
}

/** In lower case. Only headers of such names are kept from rules and records (`token/visible-request.ts`). */
export function certificateHeader(text: string): string {
  const name = text.toLowerCase()
  if (/^[a-z0-9-]{1,64}$/.test(name) && name.includes('cert')) return name
  throw new SettingFault('must be the name of a header that has cert in it, such as Client-Cert.')
}

const hostLabels = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i

/** An address as sockets have it, or a name that looks like none: what ends in a number is meant as one (WHATWG URL). */
export function listenHost(text: string): string {
  const isName = hostLabels.test(text) && !/(?:^|\.)\d+$/.test(text)
  if (isIP(text) !== 0 || (isName && text.length <= 253)) return text
  throw new SettingFault('must be an IP address, without brackets or port, or a host name.')
}

/** Scheme, host and port, without a final slash; anything more is refused, since the issuer is made from it. */
export function origin(text: string): string {
  const url = URL.parse(text)
  const plain = url && (text === url.origin || text === `${url.origin}/`)
  if (plain && (url.protocol === 'http:' || url.protocol === 'https:')) return url.origin
  throw new SettingFault(
    'must be an origin: http:// or https://, a lower-case host and an optional port, nothing more.',
  )
}

/** @throws SettingFault unless it is an absolute http or https URL without credentials. */
export function httpUrl(text: string): string {
  const url = URL.parse(text)
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '') return url.href
  throw new SettingFault('must be an http or https URL without credentials.')
}
