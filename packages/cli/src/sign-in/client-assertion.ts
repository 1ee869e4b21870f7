/** A client assertion (RFC 7523 §3), signed with the key in a file that nobody else may read. */
import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Failure } from '../failure.ts'
import { parsePrivateKey, type SigningAlgorithm, type SigningKey, signJwt } from './signing-key.ts'

export interface AssertedClient {
  readonly clientId: string
  /** The one server that the assertion is for (RFC 7523 §3: `aud`). */
  readonly issuer: string
  readonly now: Date
}

/** Long enough for the request, and for clocks that differ a little. */
const lifetimeSeconds = 60

export function makeAssertion(key: SigningKey, { clientId, issuer, now }: AssertedClient): string {
  const iat = Math.floor(now.getTime() / 1000)
  const header = { typ: 'client-authentication+jwt', ...(key.kid !== undefined && { kid: key.kid }) }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: issuer,
    jti: randomUUID(),
    iat,
    exp: iat + lifetimeSeconds,
  }
  return signJwt(key, header, claims)
}

/** @throws Failure that quotes nothing of the file. */
export async function readKeyFile(path: string, asked: SigningAlgorithm | undefined): Promise<SigningKey> {
  const what = `${path} holds no key to sign in with.`
  const { privateKey, algorithms, kid, namedAlgorithm } = parsePrivateKey(await readOwnFile(path), what)
  const wanted = asked ?? (namedAlgorithm === 'Ed25519' ? 'EdDSA' : namedAlgorithm) ?? algorithms[0]
  const algorithm = algorithms.find((one) => one === wanted)
  if (algorithm) return { privateKey, algorithm, kid }
  throw new Failure('usage', {
    what: `The key in ${path} does not sign by ${wanted}.`,
    why: `It can sign by ${algorithms.join(', ')}.`,
    todo: 'Name the algorithm that the key is registered for with --key-alg, or as alg of the JWK.',
  })
}

/** Bytes. A key of 8,192 bits takes less. */
const maxKeyFileBytes = 16_384

async function readOwnFile(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { mode, uid, size } = await file.stat()
      // As in ssh: only a file of one's own must be unreadable to others. Another user's file, such as one that a
      // cluster mounts, is not checked.
      if ((mode & 0o077) !== 0 && uid === process.getuid?.()) throw readableByOthers(path)
      if (size > maxKeyFileBytes) throw unreadable(path, `It has more than ${maxKeyFileBytes} bytes.`)
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw unreadable(path, error instanceof Error ? error.message : String(error))
  }
}

function readableByOthers(path: string): Failure {
  return new Failure('usage', {
    what: `The key in ${path} is not used.`,
    why: 'Others on this machine may read or change the file.',
    todo: `Take that from them: chmod 600 ${path}`,
  })
}

function unreadable(path: string, why: string): Failure {
  return new Failure('usage', {
    what: `The key in ${path} cannot be read.`,
    why,
    todo: 'Name a file that holds a private key, as PEM or JWK, and that you may read.',
  })
}
