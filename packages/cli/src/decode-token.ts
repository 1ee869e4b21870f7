/** Looking into a JWT (RFC 7519) without believing it: the signature is not checked. */
import { Failure } from './failure.ts'
import { type JsonObject, numberMember, parseJsonObject } from './json-object.ts'

export interface DecodedToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

export function isJwt(token: string): boolean {
  return token.split('.').length === 3
}

/** Takes the token alone, or with `Bearer` in front as it stands in a header. */
export function decodeToken(text: string): DecodedToken {
  const parts = text
    .trim()
    .replace(/^Bearer\s+/i, '')
    .split('.')
  if (parts.length === 5)
    throw undecodable('It is encrypted (a JWE has five parts), for its API alone to read.')
  if (parts.length !== 3) throw undecodable('A JWT has three parts with dots between them.')
  const [header, claims] = parts.slice(0, 2).map(decodePart)
  if (!header || !claims) throw undecodable('Its parts are not base64url of JSON objects.')
  return { header, claims }
}

function decodePart(part: string): JsonObject | undefined {
  return /^[A-Za-z0-9_-]*$/.test(part)
    ? parseJsonObject(Buffer.from(part, 'base64url').toString('utf8'))
    : undefined
}

/** What the times of a token mean now, one sentence each. */
export function describeTimes(claims: JsonObject, now: Date): string[] {
  const names = { iat: 'issued', nbf: 'valid from', exp: 'ends' }
  return Object.entries(names).flatMap(([name, meaning]) => {
    const seconds = numberMember(claims, name)
    if (seconds === undefined || Math.abs(seconds) > 8.64e12) return []
    const difference = Math.round(seconds - now.getTime() / 1000)
    return [`${meaning} ${new Date(seconds * 1000).toISOString()} (${distance(difference)})`]
  })
}

/** Tokens count in whole seconds: what is less than two ago may have been this very moment. */
function distance(seconds: number): string {
  if (seconds === 0 || seconds === -1) return 'just now'
  return seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} days`
}

function undecodable(why: string): Failure {
  return new Failure('usage', {
    what: 'This is no token that can be looked into.',
    why,
    todo: 'Give one access token on standard input: tallystick token get --raw | tallystick token decode',
  })
}
