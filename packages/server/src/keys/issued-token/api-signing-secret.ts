/**
 * The secret of an API whose tokens are signed with HS256. Whoever verifies them could sign them too, so it is shared
 * with that one API, is not a key of the tenant, and is in no key set. A token signed with it names no key and gives
 * no access here: it is only read back to be revoked, or to be described to that API.
 */
import type { ResourceServer } from '../../domain/resource-server.ts'
import type { EncryptedValue } from '../../domain/rule.ts'
import type { Encryption, RowIdentity } from '../secret/encryption.ts'
import type { SecretText } from '../secret/secret-text.ts'
import { signTokenWithSecret, type TokenType } from './token-signature.ts'
import { type Expected, verifyTokenWithSecret } from './verify-token.ts'

export type ApiIdentity = Pick<ResourceServer, 'tenantId' | 'id'>

export interface ApiSigningSecrets {
  encrypt(secret: SecretText, api: ApiIdentity): EncryptedValue
  /** A compact JWS (RFC 7515 §3.1) of the claims exactly as given. */
  sign(
    api: ApiIdentity,
    encryptedSecret: EncryptedValue,
    header: { typ: TokenType },
    claims: Readonly<Record<string, unknown>>,
  ): string
  /**
   * The claims of a token that was signed for this API and is valid now.
   * @throws TokenInvalidError
   */
  verify(
    api: ApiIdentity,
    encryptedSecret: EncryptedValue,
    token: string,
    expected: Expected,
  ): Promise<Record<string, unknown>>
}

export function createApiSigningSecrets(encryption: Encryption): ApiSigningSecrets {
  return {
    encrypt: (secret, api) => encryption.encryptSecret(secret, rowIdentity(api)),
    sign: (api, encryptedSecret, { typ }, claims) =>
      signTokenWithSecret(
        { alg: 'HS256', typ },
        claims,
        encryption.decryptSecret(encryptedSecret, rowIdentity(api)),
      ),
    verify: async (api, encryptedSecret, token, expected) =>
      verifyTokenWithSecret(token, encryption.decryptSecret(encryptedSecret, rowIdentity(api)), expected),
  }
}

function rowIdentity({ tenantId, id }: ApiIdentity): RowIdentity {
  return ['resource_servers', tenantId, id, 'encrypted_signing_secret']
}
