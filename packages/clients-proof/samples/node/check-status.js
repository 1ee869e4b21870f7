import { inflateSync } from 'node:zlib'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { Refused } from './check-token.js'

const maxListBytes = 8192

/** For an API whose tokens name a place in a status list. `algorithm` is that of the API. */
export function createCheckStatus({ issuer, algorithm }) {
  const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer), {
    cacheMaxAge: 300_000,
    cooldownDuration: 30_000,
  })
  const lists = new Map()

  /** The claims are those of a token that was checked. Whatever else it throws is no fault of the caller: answer 503. */
  return async function checkStatus(claims) {
    const { idx, uri } = claims.status?.status_list ?? {}
    // The issuer's own lists alone: nobody else's are fetched, whatever a token says.
    const isNamed = Number.isSafeInteger(idx) && idx >= 0 && typeof uri === 'string'
    if (!isNamed || !uri.startsWith(`${issuer}oauth/status-lists/`)) throw new Refused(401, 'invalid_token')
    const bytes = await listAt(uri)
    const bit = ((bytes[Math.floor(idx / 8)] ?? 0xff) >> (idx % 8)) & 1
    if (bit !== 0) throw new Refused(401, 'invalid_token')
  }

  async function listAt(uri) {
    for (const [known, { endsAt }] of lists) if (endsAt <= Date.now()) lists.delete(known)
    const known = lists.get(uri)
    if (known && Date.now() < known.staleAt) return known.bytes
    const fetched = await fetchList(uri).catch((cause) => {
      // One that cannot be fetched is as good as the last one, until that ends.
      if (known) return known
      throw cause
    })
    lists.set(uri, fetched)
    return fetched.bytes
  }

  async function fetchList(uri) {
    const response = await fetch(uri, { redirect: 'error', signal: AbortSignal.timeout(5000) })
    // It is gone when its last token has expired.
    if (response.status === 404) throw new Refused(401, 'invalid_token')
    if (!response.ok) throw new Error(`The status list was answered with ${response.status}.`)
    const { payload } = await jwtVerify(await response.text(), keys, {
      typ: 'statuslist+jwt',
      algorithms: [algorithm],
      subject: uri,
      requiredClaims: ['iat', 'exp', 'ttl'],
      clockTolerance: 10,
    })
    if (payload.status_list?.bits !== 1) throw new Error('The status list has not one bit for each token.')
    const compressed = Buffer.from(payload.status_list.lst, 'base64url')
    return {
      bytes: inflateSync(compressed, { maxOutputLength: maxListBytes }),
      staleAt: Date.now() + payload.ttl * 1000,
      endsAt: payload.exp * 1000,
    }
  }
}
