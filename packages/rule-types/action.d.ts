/** The model of Actions: `exports.onExecuteCredentialsExchange = async (event, api) => …`. */

/**
 * An Action of the trigger `credentials-exchange`: what its file exports as `onExecuteCredentialsExchange`. It
 * ends when its promise does; what it returns is ignored, and a throw means that no token is issued.
 */
export type CredentialsExchangeAction = (event: Event, api: API) => Promise<void> | void

/** The token request, the client that made it, and what rules before this one did. Changes made to it reach nobody. */
export interface Event {
  accessToken: {
    /** Claims that rules before this one set. */
    customClaims: Record<string, unknown>
    /** The scopes about to be issued, after the rules before this one. */
    scope: string[]
  }
  client: {
    client_id: string
    name: string
    /** The client's `client_metadata`, set by whoever manages the client. */
    metadata: Record<string, string>
  }
  request: EventRequest
  resource_server: {
    /** The audience. */
    identifier: string
  }
  /** The secrets of this Action; empty when it has none. No other rule sees them. */
  secrets: Record<string, string>
  tenant: {
    /** The tenant's name. */
    id: string
  }
  transaction: {
    /** The id of the request's log entry, which its answer carries as `X-Request-Id`. */
    correlation_id: string
    /** As the request named them; empty when it named none. */
    requested_scopes: string[]
    /** Where `api.transaction` begins: the same as `accessToken.scope`. */
    target_scopes: string[]
  }
}

/** As far as an Action may see it: never a client secret or an assertion. */
export interface EventRequest {
  /** The parameters of the token request, form or JSON. */
  body: Record<string, unknown>
  /** Empty: the server does not know where an address is. */
  geoip: Record<string, never>
  /** Of the URL that was asked. */
  hostname?: string
  /** The address of the caller; behind a proxy, that of the proxy unless the operator trusts it. */
  ip: string
  /** The first of the `Accept-Language` header. */
  language?: string
  method: string
  user_agent?: string
}

/** What an Action can do. All but the methods of the cache return it, so that calls can be chained. */
export interface API {
  access: {
    /**
     * Refuses the token: with HTTP 400, or 500 for `server_error`. The function runs on to its end; the Actions
     * behind it do not run. The first of several denials counts, and the caller gets its reason.
     */
    deny(code: 'invalid_request' | 'invalid_scope' | 'server_error', reason?: string): API
  }
  accessToken: {
    /**
     * Sets a claim; a later one of the same name overwrites. The value is copied as JSON. Standard claims such as
     * `sub`, `scope` and `permissions` are dropped, and a line in the log says so, as for names in the
     * namespaces of Auth0 and an undefined value. All claims together are at most 100 kB of JSON.
     */
    setCustomClaim(name: string, value: unknown): API
    /**
     * Shortens the life of the token: a whole number of seconds, 1 or more; anything else is thrown back as a
     * TypeError. More than the API and the client allow is cut to that, and a line in the log says so. The last call
     * counts, also among several Actions.
     */
    setExpiresIn(seconds: number): API
  }
  cache: Cache
  /**
   * The scopes of the token. They begin as `event.accessToken.scope`. What an Action makes of them is cut to what
   * the client grant holds, and a line in the log says so; at most 1,000.
   */
  transaction: {
    addTargetScope(scope: string): API
    removeTargetScope(scope: string): API
    setTargetScopes(scopes: readonly string[]): API
    clearTargetScopes(): API
  }
}

/**
 * A few small texts that the Actions of a tenant share, for minutes or hours: 20 records, keys of 64 bytes, values
 * of 4,096, together 8,192. They are in the memory of one server, which may forget them at any time. A run sees
 * them as they were when it began, and its changes count when it has ended without a failure.
 */
export interface Cache {
  get(key: string): CacheRecord | undefined
  /** For 15 minutes, unless `options` say otherwise, and for 24 hours at most. */
  set(key: string, value: string, options?: CacheOptions): CacheResult
  delete(key: string): CacheResult
}

export interface CacheRecord {
  value: string
  /** Milliseconds since 1970. */
  expires_at: number
}

/** Of both, the earlier counts. */
export interface CacheOptions {
  /** Milliseconds. */
  ttl?: number
  /** Milliseconds since 1970. */
  expires_at?: number
}

/** An error changes nothing. */
export type CacheResult = { type: 'success'; record: CacheRecord } | { type: 'error'; code: CacheErrorCode }

export type CacheErrorCode =
  | 'CacheKeyDoesNotExist'
  | 'CacheKeySizeExceeded'
  | 'CacheSizeExceeded'
  | 'CacheValueSizeExceeded'
  | 'FailedToDeleteCacheRecord'
  | 'FailedToSetCacheRecord'
  | 'InvalidExpiry'
  | 'ItemAlreadyExpired'
  /** One run may change 20 records. */
  | 'MaxSideEffectsExceeded'
