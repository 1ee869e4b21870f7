/** What `--debug` shows must be fit for a ticket: the shapes of what was sent, and no secret in it. */
import { isJsonObject } from './json-object.ts'

const secretMembers: ReadonlySet<string> = new Set([
  'client_secret',
  'client_assertion',
  'signing_secret',
  'access_token',
  'token',
  'secret',
  // Of a log stream.
  'httpAuthorization',
  'httpCustomHeaders',
])
const formMembers = /((?:^|[&?\n])(?:client_secret|client_assertion|access_token|token|key)=)[^&\s]*/g
const bearer = /\b(Bearer|Basic)\s+[^\s"]+/g
// What Tallystick makes, and JWTs, wherever they stand.
const knownForms = /\btsk_[A-Za-z]+_[A-Za-z0-9]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g

export function maskSecrets(text: string): string {
  return maskJson(text)
    .replace(formMembers, '$1[secret]')
    .replace(bearer, '$1 [secret]')
    .replace(knownForms, '[secret]')
}

/** JSON is masked by its members, so that no quoting of a value can slip through. */
function maskJson(text: string): string {
  try {
    return JSON.stringify(maskValue(JSON.parse(text)))
  } catch {
    return text
  }
}

function maskValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskValue)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskMember(name, inner)]))
}

function maskMember(name: string, value: unknown): unknown {
  if (secretMembers.has(name) && value !== null) return '[secret]'
  // A rule's secrets by name; where only their names are told, they are a list.
  if (name === 'secrets' && isJsonObject(value)) {
    return Object.fromEntries(Object.keys(value).map((secret) => [secret, '[secret]']))
  }
  return maskValue(value)
}
