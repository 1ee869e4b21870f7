/** The key that an API's tokens are encrypted with, as it is sent ↔ as it is kept. */
import type { TokenEncryption as TokenEncryptionOnWire } from '@tallystick/management-api/contract/resource-servers'
import type { TokenEncryption } from '../../../domain/token-encryption.ts'
import { parseEncryptionKey } from '../../../keys/issued-token/token-encryption.ts'
import { ClientKeyError } from '../../../keys/public-key/client-public-key.ts'
import { invalidBody } from '../operation/invalid-body.ts'

/**
 * Undefined: no encryption.
 * @throws ManagementError `invalid_body` for a key that cannot encrypt, or should not.
 */
export function tokenEncryptionOf(
  body: TokenEncryptionOnWire | null | undefined,
): TokenEncryption | undefined {
  if (!body) return undefined
  const { name, alg: algorithm, kid, pem } = body.encryption_key
  try {
    return { name, algorithm, kid, publicKeyPem: parseEncryptionKey(pem, algorithm) }
  } catch (error) {
    if (!(error instanceof ClientKeyError)) throw error
    throw invalidBody('token_encryption.encryption_key.pem', error.message)
  }
}

export function tokenEncryptionOnWire(encryption: TokenEncryption): TokenEncryptionOnWire {
  const { name, algorithm, kid, publicKeyPem } = encryption
  return {
    format: 'compact-nested-jwe',
    encryption_key: {
      ...(name !== undefined && { name }),
      alg: algorithm,
      ...(kid !== undefined && { kid }),
      pem: publicKeyPem,
    },
  }
}
