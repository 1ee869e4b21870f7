/** The key that an API's tokens are encrypted with, as options of `tallystick apis create` and `update`. */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import {
  encryptionAlgorithms,
  type ResourceServerChange,
} from '@tallystick/management-api/contract/resource-servers'
import { type Command, Option } from 'commander'
import { Failure } from '../failure.ts'
import { type PublicKey, readPublicKey } from './public-key-file.ts'

export interface ApiEncryptionOptions {
  /** False: its tokens are not encrypted any more. */
  readonly tokenEncryption?: boolean
  readonly tokenEncryptionKey?: string
  readonly tokenEncryptionAlg?: (typeof encryptionAlgorithms)[number]
  readonly tokenEncryptionKid?: string
}

export function addEncryptionOptions(command: Command): Command {
  return command
    .option(
      '--token-encryption-key <file>',
      'encrypt its tokens with this public key, so that only the API can read them; - reads standard input',
    )
    .addOption(
      new Option(
        '--token-encryption-alg <alg>',
        'the algorithm, if not the usual one for this kind of key',
      ).choices(encryptionAlgorithms),
    )
    .option('--token-encryption-kid <id>', 'a name of that key, which each token then carries')
    .addOption(
      new Option('--no-token-encryption', 'stop encrypting its tokens').conflicts('tokenEncryptionKey'),
    )
}

export async function encryptionOf(
  options: ApiEncryptionOptions,
  input: Parameters<typeof readPublicKey>[1],
): Promise<Pick<ResourceServerChange, 'token_encryption'>> {
  const {
    tokenEncryption,
    tokenEncryptionKey: path,
    tokenEncryptionAlg: alg,
    tokenEncryptionKid: kid,
  } = options
  if (path === undefined) {
    if (alg !== undefined || kid !== undefined) throw keyMissing()
    return tokenEncryption === false ? { token_encryption: null } : {}
  }
  const { pem, kind } = pemOf(await readPublicKey(path, input))
  const encryption_key = {
    alg: alg ?? (kind === 'ec' ? 'ECDH-ES+A256KW' : 'RSA-OAEP-256'),
    ...(kid !== undefined && { kid }),
    pem,
  } as const
  return { token_encryption: { format: 'compact-nested-jwe', encryption_key } }
}

/** The server takes a PEM. The kind of key decides how tokens are encrypted with it. */
function pemOf(key: PublicKey): { pem: string; kind: string | undefined } {
  try {
    const read =
      'pem' in key ? createPublicKey(key.pem) : createPublicKey({ key: key.jwk as JsonWebKey, format: 'jwk' })
    return { pem: String(read.export({ type: 'spki', format: 'pem' })), kind: read.asymmetricKeyType }
  } catch {
    throw new Failure('usage', {
      what: 'The key to encrypt tokens with cannot be read.',
      why: 'It is neither a public key in PEM, nor a certificate, nor a JWK.',
      todo: 'Make the public half: openssl pkey -in private.pem -pubout -out public.pem',
    })
  }
}

function keyMissing(): Failure {
  return new Failure('usage', {
    what: 'The public key to encrypt tokens with is missing.',
    why: 'Without it, an algorithm and the name of a key mean nothing.',
    todo: 'Give its file as well: --token-encryption-key public.pem',
  })
}
