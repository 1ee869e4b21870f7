/**
 * What a client signs in with. For a key or token that is kept elsewhere only the place is remembered, never the
 * content.
 */
import type { SecretText } from '../secret-text.ts'
import type { SigningAlgorithm } from './signing-key.ts'

export type ClientProof =
  /** RFC 6749 §2.3.1. */
  | { readonly kind: 'secret'; readonly secret: SecretText }
  /** RFC 7523 §2.2: assertions signed with the private key in this file. */
  | { readonly kind: 'key_file'; readonly path: string; readonly algorithm: SigningAlgorithm | undefined }
  /** A token of the platform that this runs on. */
  | { readonly kind: 'workload_token'; readonly source: WorkloadTokenSource }

export type WorkloadTokenSource =
  | { readonly kind: 'file'; readonly path: string }
  /** The environment variable that holds it. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'platform'; readonly name: Platform }

/** The platforms that are asked for a token over HTTP. */
export const platforms = ['github-actions'] as const
export type Platform = (typeof platforms)[number]

export interface ClientCredentials {
  readonly clientId: string
  readonly proof: ClientProof
}

/** A client and the API that it gets tokens for. */
export interface ClientOfApi extends ClientCredentials {
  readonly audience: string
}

/** A client of the management API, and the server where it is one. */
export interface ServerAccess {
  readonly origin: string
  /** What assertions and proofs are for: `<origin>/`, unless the server is reached by another address. */
  readonly issuer: string
  readonly managementAudience: string
  readonly credentials: ClientCredentials
  /** Whether the server is known to give this client only bound tokens. */
  readonly needsBinding: boolean
}
