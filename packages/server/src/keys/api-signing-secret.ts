/**
 * The secret of an API whose tokens are signed with HS256: whoever verifies them could sign them too, so it
 * is shared by that one API and us, is no key of the tenant's, and is in no key set. A token made with it names no key,
 * and nothing here ever takes one back.
 */
import type { ResourceServer } from '../domain/resource-server.ts'
import type { EncryptedValue } from '../domain/rule.ts'
import type { Encryption, RowIdentity } from './encryption.ts'
import type { SecretText } from './secret-text.ts'
import { signTokenWithSecret, type TokenType } from './token-signature.ts'

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
  }
}

function rowIdentity({ tenantId, id }: ApiIdentity): RowIdentity {
  return ['resource_servers', tenantId, id, 'encrypted_signing_secret']
}
