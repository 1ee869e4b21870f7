/**
 * Signs with each of its keys, by each library and by hand with
 * jose, and proves its key with DPoP; verifies what it got.
 */
import { randomUUID } from 'node:crypto'
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  importPKCS8,
  jwtVerify,
  SignJWT,
} from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { audience, clientId, domain, refusalOf, tell, variable } from './environment.ts'

const issuer = new URL(`https://${domain}/`)
const pems: Readonly<Record<string, string>> = JSON.parse(variable('PRIVATE_KEYS'))
const proofPair = await generateKeyPair('ES256')
const proofJwk = await exportJWK(proofPair.publicKey)

const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' })
const server = await oauth.processDiscoveryResponse(issuer, discovered)
const client: oauth.Client = { client_id: clientId }
const keySet = createRemoteJWKSet(new URL(server.jwks_uri ?? ''))

async function byOpenidClient(key: openid.CryptoKey, kid: string) {
  const authentication = openid.PrivateKeyJwt({ key, kid })
  const configuration = await openid.discovery(issuer, clientId, undefined, authentication)
  const DPoP = openid.getDPoPHandle(configuration, proofPair)
  return openid.clientCredentialsGrant(configuration, { audience }, { DPoP })
}

async function byOauth4webapi(key: openid.CryptoKey, kid: string) {
  const parameters = { audience }
  const DPoP = oauth.DPoP(client, proofPair)
  const authentication = oauth.PrivateKeyJwt({ key, kid })
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, {
    DPoP,
  })
  return oauth.processClientCredentialsResponse(server, client, answer)
}

/** As RFC 7523 and its successor say: the issuer alone, and a type of its own. */
async function byJose(key: openid.CryptoKey, kid: string, alg: string) {
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg, kid, typ: 'client-authentication+jwt' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer.href)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(key)
  const proof = await new SignJWT({ htm: 'POST', htu: `${issuer.href}oauth/token`, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: proofJwk })
    .setIssuedAt()
    .sign(proofPair.privateKey)
  const response = await fetch(`${issuer.href}oauth/token`, {
    method: 'POST',
    headers: { dpop: proof },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      audience,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  })
  return Object(await response.json())
}

const tokens: Record<string, unknown> = {}
for (const [alg, pem] of Object.entries(pems)) {
  const key = await importPKCS8(pem, alg)
  const answers = {
    openid: await byOpenidClient(key, alg),
    oauth4webapi: await byOauth4webapi(key, alg),
    jose: await byJose(key, alg, alg),
  }
  for (const [library, { access_token, token_type }] of Object.entries(answers)) {
    const { payload } = await jwtVerify(access_token, keySet, {
      issuer: issuer.href,
      audience,
      typ: 'at+jwt',
    })
    tokens[`${alg} by ${library}`] = {
      type: String(token_type).toLowerCase(),
      cnf: payload.cnf,
      sub: payload.sub,
    }
  }
}

const [alg = '', pem = ''] = Object.entries(pems)[0] ?? []
const impostor = await importPKCS8(variable('OTHER_KEY'), alg)
const unnamed = await importPKCS8(pem, alg)
const members = ['name', 'error', 'status']
tell({
  thumbprint: await calculateJwkThumbprint(proofJwk),
  tokens,
  byImpostor: await refusalOf(() => byOpenidClient(impostor, alg), members),
  underUnknownName: await refusalOf(() => byOpenidClient(unnamed, 'unknown'), members),
})
