/**
 * The public key of a client from a file: a PEM, a certificate or a JWK. A private key is refused here, before it
 * leaves its machine.
 */
import { Failure } from '../failure.ts'
import { isJsonObject, parseJsonObject } from '../json-object.ts'
import { readText } from '../secret-input.ts'

export type PublicKey = { pem: string } | { jwk: Record<string, unknown> }

export async function readPublicKey(path: string, input: Parameters<typeof readText>[1]): Promise<PublicKey> {
  const text = await readText(path, input)
  const jwk = parseJsonObject(text)
  const isPrivateJwk = isJsonObject(jwk) && ['d', 'k'].some((name) => name in jwk)
  refusePrivateKey(
    isPrivateJwk ? 'PRIVATE KEY' : text,
    'Make the public half: openssl pkey -in private.pem -pubout -out public.pem',
  )
  return jwk ? { jwk: { ...jwk } } : { pem: text }
}

/** @throws Failure */
export function refusePrivateKey(text: string, todo: string): void {
  if (!text.includes('PRIVATE KEY')) return
  throw new Failure('usage', {
    what: 'This is a private key, and it was not sent.',
    why: 'The server needs only the public half; the private one stays with the client.',
    todo,
  })
}
