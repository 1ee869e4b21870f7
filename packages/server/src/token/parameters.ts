/**
 * The parameters of a token request, however they were sent (RFC 6749 §3.2).
 */
import { OAuthError } from '../domain/errors.ts'

/** What the token endpoint received, as it came. */
export interface RawTokenRequest {
  /** Name and value in the order sent; a JSON body gives each of its members once. */
  readonly rawParameters: readonly (readonly [name: string, rawValue: unknown])[]
  readonly rawAuthorization: string | undefined
}

/** Sent parameters by name; an empty value counts as not sent (RFC 6749 §3.2). */
export type Parameters = ReadonlyMap<string, string>

// RFC 6749 §3.2: a parameter must not be sent more than once. Those we do not know are ignored, and still
// may not repeat: a proxy and we could otherwise read two different requests out of the same bytes.
export function parseParameters(
  rawParameters: RawTokenRequest['rawParameters'],
  known: ReadonlySet<string> = knownParameters,
): Parameters {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, rawValue] of rawParameters) {
    if (seen.has(name)) {
      // RFC 8707 §2 lets a client name several; with one token for all of them, each could use it at the others.
      if (name === 'resource')
        throw new OAuthError('invalid_target', 'A token is for one API: send resource once.')
      throw new OAuthError('invalid_request', `${shown(name)} was sent more than once.`)
    }
    seen.add(name)
    if (!known.has(name)) continue
    if (rawValue === undefined || rawValue === null || rawValue === '') continue
    if (typeof rawValue !== 'string') {
      throw new OAuthError('invalid_request', `The parameter ${name} must be a string.`)
    }
    parameters.set(name, rawValue)
  }
  return parameters
}

// A long name is not cut: it could be a secret put there by mistake, whose half nobody would recognise and mask.
function shown(name: string): string {
  return name.length > 100 ? 'A parameter with a very long name' : `The parameter ${name}`
}

/** What a token request may say; everything else is for rules. */
export const knownParameters: ReadonlySet<string> = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'audience',
  'resource',
  'scope',
  'organization',
])
