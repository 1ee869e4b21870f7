/** Gets a token that is bound to a key and calls the management API with it, by each library, where nonces are asked for. */
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { audience, clientId, clientSecret, domain, refusalOf, tell } from './environment.ts'

const issuer = new URL(`https://${domain}/`)
const api = new URL(`${audience}clients?per_page=1`)

async function byOpenidClient() {
  const configuration = await openid.discovery(issuer, clientId, clientSecret)
  const keyPair = await openid.randomDPoPKeyPair('ES256')
  const DPoP = openid.getDPoPHandle(configuration, keyPair)
  const { access_token: token } = await openid.clientCredentialsGrant(configuration, { audience }, { DPoP })
  const call = (own?: openid.DPoPHandle) =>
    openid.fetchProtectedResource(
      configuration,
      token,
      api,
      'GET',
      undefined,
      undefined,
      own && { DPoP: own },
    )
  const other = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair('ES256'))
  const members = ['code', 'status']
  return {
    token,
    statuses: [(await call(DPoP)).status, (await call(DPoP)).status],
    asBearer: await refusalOf(() => call(), members),
    byOtherKey: await refusalOf(() => call(other), members),
  }
}

async function byOauth4webapi() {
  const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' })
  const server = await oauth.processDiscoveryResponse(issuer, answer)
  const client: oauth.Client = { client_id: clientId }
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
  const ask = async () => {
    const authentication = oauth.ClientSecretPost(clientSecret)
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      { audience },
      { DPoP },
    )
    return oauth.processClientCredentialsResponse(server, client, response)
  }
  // This library leaves it to its user to send again with the nonce that it has kept.
  const first = await refusalOf(ask, ['error', 'status'])
  const { access_token: token } = await ask()
  const call = () => oauth.protectedResourceRequest(token, 'GET', api, undefined, undefined, { DPoP })
  return { first, token, statuses: [(await call()).status, (await call()).status] }
}

async function bySample() {
  // JavaScript without types, as the page shows it.
  const { createDpopClient } = Object(
    await import(new URL('../../samples/node/dpop-client.js', import.meta.url).href),
  )
  const client = await createDpopClient({ issuer, clientId, clientSecret, audience })
  const token = await client.getToken()
  const call = async () => (await client.callApi(token, 'GET', api)).status
  return { token, statuses: [await call(), await call()] }
}

tell({ openid: await byOpenidClient(), oauth4webapi: await byOauth4webapi(), sample: await bySample() })
