/** Token formats that exclude each other. */
import type { ResourceServer } from '../../../domain/resource-server.ts'
import { invalidBody } from '../operation/invalid-body.ts'

/** @throws ManagementError `invalid_body` naming the member that does not go with another. */
export function refuseMixedFormats({
  tokenFormat,
  tokenEncryption,
  hasTokenStatusList,
  signing,
}: ResourceServer): void {
  const isOpaque = tokenFormat === 'opaque'
  // Only this server reads an opaque token, and only the API reads an encrypted one.
  if (isOpaque && tokenEncryption) {
    throw invalidBody(
      'token_format',
      'Opaque tokens say nothing that token_encryption could hide; choose one',
    )
  }
  if (isOpaque && hasTokenStatusList) {
    throw invalidBody('token_status_list', 'Opaque tokens name no status list: introspection tells of them')
  }
  // Whoever checks such a token holds a secret, not a public key, and with a shared secret a list could be forged.
  if (hasTokenStatusList && signing.algorithm === 'HS256') {
    throw invalidBody(
      'token_status_list',
      'Status lists are for tokens signed with a key, and not with HS256',
    )
  }
}
