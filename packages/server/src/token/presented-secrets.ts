/**
 * What a token request presented as a secret. Read from the raw request, since the secret of a request that is
 * refused before it is parsed must not be kept either.
 */
import type { RawTokenRequest } from './parameters.ts'

const secretParameters = new Set(['client_secret', 'client_assertion', 'access_token', 'dpop'])

/** A mistake sends a secret or two; no request may make us look for thousands. */
const maxPresented = 20

/** Everything that may be a secret: of a Basic header both its text and the password in it, encoded or not. */
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
