import { createHash, randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Calls an API with tokens that are bound to a key of this process (RFC 9449). */
export async function createDpopClient({ issuer, clientId, clientSecret, audience }) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  // The last one of each server, for the next proof.
  const nonces = new Map()

  async function send(url, { token, ...init }) {
    const { origin, pathname } = new URL(url)
    const proof = await new SignJWT({
      jti: randomUUID(),
      htm: init.method,
      htu: `${origin}${pathname}`,
      ...(nonces.has(origin) && { nonce: nonces.get(origin) }),
      ...(token && { ath: createHash('sha256').update(token).digest('base64url') }),
    })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
      .setIssuedAt()
      .sign(privateKey)
    const headers = { ...init.headers, dpop: proof, ...(token && { authorization: `DPoP ${token}` }) }
    const response = await fetch(url, { ...init, headers })
    if (response.headers.has('dpop-nonce')) nonces.set(origin, response.headers.get('dpop-nonce'))
    return response
  }

  /** Once more where the first proof wanted a nonce. */
  async function sendProven(url, init) {
    const response = await send(url, init)
    return (await asksForNonce(response)) ? send(url, init) : response
  }

  async function getToken() {
    const response = await sendProven(new URL('oauth/token', issuer), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', audience }),
    })
    const { access_token, token_type, error } = await response.json()
    // A server that does not know DPoP would give a bearer token.
    if (token_type !== 'DPoP') throw new Error(`There is no bound token: ${error ?? token_type}.`)
    return access_token
  }

  return {
    getToken,
    callApi: (token, method, url) => sendProven(url, { method, token }),
  }
}

/** The token endpoint says it in the body, an API in its challenge. */
async function asksForNonce(response) {
  if (response.status === 401) return response.headers.get('www-authenticate')?.includes('use_dpop_nonce')
  return response.status === 400 && (await response.clone().json()).error === 'use_dpop_nonce'
}
