/** What a webtask token says, for people. Its signature is the server's concern. */
import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts'

/** The claims of a JWT; undefined when the text is none. */
export function claimsOf(token: string): JsonObject | undefined {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return undefined
  return parseJsonObject(Buffer.from(payload, 'base64url').toString('utf8'))
}

export function tokenDetails(token: string): [name: string, value: string][] {
  const claims = claimsOf(token)
  return claims ? claimDetails(claims) : [['Token:', 'The token is not a JWT.']]
}

/** Sorted; the meta's members stand last, each on a line of its own; what is empty is left out. */
export function claimDetails(claims: JsonObject): [name: string, value: string][] {
  const { meta, ...others } = claims
  const members = Object.entries(others)
    .filter(([, value]) => Boolean(value) && !(Array.isArray(value) && value.length === 0))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const metaMembers = isJsonObject(meta) ? Object.entries(meta) : []
  return [
    ...members.map(([name, value]): [string, string] => [`Token.${name}:`, textOf(value)]),
    ...metaMembers.map(([name, value]): [string, string] => [`Meta.${name}:`, textOf(value)]),
  ]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
