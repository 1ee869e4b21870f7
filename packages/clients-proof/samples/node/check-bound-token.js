import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, createRemoteJWKSet, EmbeddedJWK, errors, jwtVerify } from 'jose'
import { Refused } from './check-token.js'

const proofAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256']
const proofLifetimeSeconds = 60

/** For an API that takes bound tokens alone (RFC 9449). */
export function createCheckBoundToken({ issuer, audience, algorithm }) {
  const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer), {
    cacheMaxAge: 300_000,
    cooldownDuration: 30_000,
  })
  // Of one process. Several that answer for one API share them, in a table or in a cache.
  const usedProofs = new Map()

  /** `proofs` are the request's DPoP headers, `url` is the one that the client called, as it sees it. */
  return async function checkBoundToken({ authorization, proofs, method, url }, scope) {
    const [, token] = /^DPoP +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '') ?? []
    if (token === undefined) throw new Refused(401, 'invalid_token')
    if (proofs.length !== 1) throw new Refused(401, 'invalid_dpop_proof')
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: [algorithm],
      typ: 'at+jwt',
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'cnf'],
      clockTolerance: 10,
    }).catch(refuse('invalid_token'))
    await checkProof(proofs[0], { token, jkt: payload.cnf.jkt, method, url }).catch(
      refuse('invalid_dpop_proof'),
    )
    const granted = typeof payload.scope === 'string' ? payload.scope.split(' ') : []
    if (!granted.includes(scope)) throw new Refused(403, 'insufficient_scope')
    return payload
  }

  async function checkProof(proof, { token, jkt, method, url }) {
    // The key comes with the proof, and counts because the token names it.
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: proofAlgorithms,
      maxTokenAge: proofLifetimeSeconds,
      clockTolerance: 10,
      requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
    })
    const { jti, htm, htu, ath } = payload
    const holds =
      (await calculateJwkThumbprint(protectedHeader.jwk)) === jkt &&
      htm === method &&
      withoutQuery(htu) === withoutQuery(url) &&
      ath === createHash('sha256').update(token).digest('base64url') &&
      typeof jti === 'string' &&
      isFirstUse(`${jkt} ${jti}`)
    if (!holds) throw new errors.JWTInvalid('The proof is not of this request.')
  }

  function isFirstUse(id) {
    const now = Date.now()
    for (const [known, until] of usedProofs) if (until < now) usedProofs.delete(known)
    if (usedProofs.has(id)) return false
    usedProofs.set(id, now + 2 * proofLifetimeSeconds * 1000)
    return true
  }
}

function withoutQuery(text) {
  const { origin, pathname } = URL.parse(text) ?? {}
  return `${origin}${pathname}`
}

/** A key set that cannot be read is no fault of the caller: answer 503. */
function refuse(code) {
  const ofKeySet = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT']
  return (error) => {
    throw error instanceof errors.JOSEError && !ofKeySet.includes(error.code) ? new Refused(401, code) : error
  }
}
