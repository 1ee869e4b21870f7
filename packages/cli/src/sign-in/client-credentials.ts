/** With what a client signs in (RFC 6749 §2.3.1). */
import type { SecretText } from '../secret-text.ts'

export interface ClientCredentials {
  readonly clientId: string
  readonly secret: SecretText
}

/** A client and the API that it gets tokens for. */
export interface ClientOfApi extends ClientCredentials {
  readonly audience: string
}

/** A client of the management API, and the server where it is one. */
export interface ServerAccess {
  readonly origin: string
  readonly managementAudience: string
  readonly credentials: ClientCredentials
}
