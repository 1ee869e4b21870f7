/**
 * What a token request presented as a secret, read from the raw request: also one that is refused before it is understood
 * must not have it kept.
 */
import type { RawTokenRequest } from './parameters.ts'

const secretParameters = new Set(['client_secret', 'client_assertion', 'access_token', 'dpop'])

/** A mistake sends a secret or two; no request may make us look for thousands. */
const maxPresented = 20

/** All that may be one: of a Basic header its text, and the second half of the pair in it, encoded or not. */
export function presentedSecrets({ rawParameters, rawAuthorization }: RawTokenRequest): string[] {
  const inBody = rawParameters.flatMap(([name, rawValue]) =>
    secretParameters.has(name.toLowerCase()) && typeof rawValue === 'string' ? [rawValue] : [],
  )
  return [...new Set([...inHeader(rawAuthorization ?? ''), ...inBody])].slice(0, maxPresented)
}

function inHeader(rawAuthorization: string): string[] {
  const text = rawAuthorization.replace(/^\S+\s+/, '')
  if (!/^basic\s/i.test(rawAuthorization)) return [text]
  const pair = Buffer.from(text, 'base64').toString('utf8')
  const password = pair.slice(pair.indexOf(':') + 1)
  return [text, password, formDecoded(password)]
}

function formDecoded(text: string): string {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? ''
}
