/** The model of webtasks and Hooks: `module.exports = function (client, scope, audience, context, cb)`. */

/** A rule of the callback model: the value of `module.exports`, or a module's `export default`. */
export type CallbackRule = (
  client: Client,
  scope: string[],
  audience: string,
  context: Context,
  cb: Callback,
) => void

/** The client that asked for the token. Changes made to it reach nobody. */
export interface Client {
  /** The tenant's name. */
  tenant: string
  /** The `client_id`. */
  id: string
  name: string
  /** The client's `client_metadata`, set by whoever manages the client. */
  metadata: Record<string, string>
}

/** The token request as far as a rule may see it: never a client secret, an assertion or an Authorization header. */
export interface Context {
  /** The address of the caller; behind a proxy, that of the proxy unless the operator trusts it. */
  ip: string
  /** The `User-Agent` header, or an empty string. */
  userAgent: string
  webtask: Webtask
}

/** What was stored with the rule when it was created, and the request in the form rules knew in 2016. */
export interface Webtask {
  /** The secrets given when the rule was created or updated. No other rule sees them. */
  secrets: Record<string, string>
  /** The metadata given with `wt create --meta`. */
  meta: Record<string, string>
  /** The parameters given with `wt create --param`. */
  params: Record<string, string>
  /** The query of the token request. */
  query: Record<string, unknown>
  /**
   * `query`, overlaid by `params`, overlaid by `secrets`. For a rule that `wt create` brought, unless with
   * `--no-merge`, the members of `body` fill the names that are left free.
   */
  data: Record<string, unknown>
  /** The members of the token request's body, without credentials. */
  body: Record<string, unknown>
  /** Of the token request, without those that hold credentials. */
  headers: Record<string, string>
}

/**
 * Ends the rule; only its first call counts.
 *
 * - `cb(null, changes)`: the token is issued with these changes.
 * - `cb(null)`: the token is issued without scopes and without further claims.
 * - `cb(error)`: the token is refused. {@link InvalidRequestError}, {@link InvalidScopeError} and
 *   {@link ServerError} choose the OAuth error code and send their message to the caller; the message
 *   of any other error stays in the log, unless the tenant answers in the profile `auth0`.
 */
export type Callback = (error?: unknown, changes?: AccessTokenChanges) => void

/** What a rule makes of the token. */
export interface AccessTokenChanges {
  /**
   * Replaces the scopes of the token: start from the argument `scope` to keep them. Without this
   * member the token has none.
   */
  scope?: string[]
  /**
   * A custom claim, named by an http or https URL of yours. A claim with any other name is dropped, and
   * a line in the log says so. All claims together are at most 100 kB of JSON.
   */
  [claim: `https://${string}` | `http://${string}`]: unknown
}

declare global {
  /** Handed to the callback: refuses the token with `invalid_request` (HTTP 400) and this message. */
  class InvalidRequestError extends Error {}

  /** Handed to the callback: refuses the token with `invalid_scope` (HTTP 400) and this message. */
  class InvalidScopeError extends Error {}

  /** Handed to the callback: refuses the token with `server_error` (HTTP 500) and this message. */
  class ServerError extends Error {}
}
