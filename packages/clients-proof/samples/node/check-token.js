import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

/** The caller gets this status, and `code` as the `error` of its WWW-Authenticate challenge (RFC 6750, section 3). */
export class Refused extends Error {
  constructor(status, code) {
    super(code)
    this.status = status
    this.code = code
  }
}

export function createCheckToken({ issuer, audience, algorithm }) {
  // Kept for five minutes; a key that is not in it is looked for again, at most every 30 seconds.
  const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer), {
    cacheMaxAge: 300_000,
    cooldownDuration: 30_000,
  })

  return async function checkToken(authorization, scope) {
    const [, token] = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '') ?? []
    if (token === undefined) throw new Refused(401, 'invalid_token')
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: [algorithm],
      typ: 'at+jwt',
      requiredClaims: ['exp', 'iat', 'sub', 'client_id'],
      clockTolerance: 10,
    }).catch((error) => {
      throw isFaultOfToken(error) ? new Refused(401, 'invalid_token') : error
    })
    // It is bound to a key: whoever sends it as a plain bearer token may have stolen it.
    if (payload.cnf !== undefined) throw new Refused(401, 'invalid_token')
    const granted = typeof payload.scope === 'string' ? payload.scope.split(' ') : []
    if (!granted.includes(scope)) throw new Refused(403, 'insufficient_scope')
    return payload
  }
}

/** A key set that cannot be read is no fault of the caller: answer 503. */
function isFaultOfToken(error) {
  const ofKeySet = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT']
  return error instanceof errors.JOSEError && !ofKeySet.includes(error.code)
}
