/**
 * How the tokens of an API are encrypted: signed first and then closed for that API alone (RFC 7519 §11.2), with the
 * public half of a key whose private half never comes here.
 */

/** RFC 7518 §4.3 and §4.6; the last one is ours. The content is always encrypted with AES-256-GCM (§5.3). */
export const encryptionAlgorithms = [
  'RSA-OAEP-256',
  'RSA-OAEP-384',
  'RSA-OAEP-512',
  'ECDH-ES+A256KW',
] as const
export type EncryptionAlgorithm = (typeof encryptionAlgorithms)[number]

export interface TokenEncryption {
  /** For people. */
  readonly name: string | undefined
  readonly algorithm: EncryptionAlgorithm
  /** By which the API knows its key: each token names it. */
  readonly kid: string | undefined
  /** SubjectPublicKeyInfo. */
  readonly publicKeyPem: string
}
