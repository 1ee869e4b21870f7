/**
 * Refusals: requests that cannot be granted. Thrown where the reason is known, turned into a response
 * in `http/respond.ts` and nowhere else. A message is written for the developer of the calling client;
 * what only the operator may read goes into `cause`, which stays in the log.
 */

/**
 * RFC 6749 §5.2, RFC 8707 §2 (`invalid_target`), RFC 6749 §4.1.2.1 (`access_denied`,
 * `server_error`, `temporarily_unavailable`), RFC 9449 §5 and §8 (`invalid_dpop_proof`,
 * `use_dpop_nonce`), RFC 7009 §2.2.1 (`unsupported_token_type`).
 */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'too_many_requests'
  | 'unsupported_token_type'

/**
 * Why a token request is refused, where a tenant of profile `auth0` says it in other words than its code alone
 * would give; `token/auth0-refusals.ts` holds the words.
 */
export type RefusalReason =
  | { readonly kind: 'unsupported_grant_type'; readonly grantType: string }
  | { readonly kind: 'grant_type_not_allowed' }
  | { readonly kind: 'no_audience' }
  | { readonly kind: 'unknown_audience'; readonly audience: string }
  | { readonly kind: 'no_client_grant'; readonly audience: string }
  | { readonly kind: 'ungranted_scopes'; readonly scopes: readonly string[] }
  /** A client assertion that proves nothing; `words` say which of its parts is wrong. */
  | { readonly kind: 'client_assertion'; readonly words: string }
  /** A rule refused or failed; `words` are its own, without the values of secrets. */
  | { readonly kind: 'rule'; readonly words: string }

export interface OAuthErrorDetails {
  /** For the operator; never leaves with the response. */
  cause?: unknown
  /** Seconds, for `Retry-After`. */
  retryAfterSeconds?: number
  reason?: RefusalReason
  /** Where it is not the code's own. */
  status?: number
  /** RFC 6749 §5.2: a page about the error. */
  errorUri?: string
}

/** A token request that is refused. The code decides the status, unless the error brings one. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly retryAfterSeconds: number | undefined
  readonly reason: RefusalReason | undefined
  readonly status: number | undefined
  readonly errorUri: string | undefined

  constructor(code: OAuthErrorCode, description: string, details: OAuthErrorDetails = {}) {
    super(description, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.retryAfterSeconds = details.retryAfterSeconds
    this.reason = details.reason
    this.status = details.status
    this.errorUri = details.errorUri
  }
}

export type ManagementErrorCode =
  | 'invalid_body'
  | 'invalid_query_string'
  | 'invalid_uri'
  | 'invalid_header'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'operation_not_supported'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'body_too_large'
  | 'idempotency_key_reused'
  | 'too_many_requests'
  | 'temporarily_unavailable'

export interface ManagementErrorOptions extends ErrorOptions {
  /** Told instead of the code, where tools of Auth0's API know another word, such as `inexistent_client`. */
  readonly errorCode?: string
}

/** A call of the management API or of the webtask door that is refused. The code decides the status. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError'
  readonly code: ManagementErrorCode
  readonly errorCode: string

  constructor(code: ManagementErrorCode, message: string, options: ManagementErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.errorCode = options.errorCode ?? code
  }
}
