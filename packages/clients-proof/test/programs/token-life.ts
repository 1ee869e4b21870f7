/** A client gets a token and ends it; the API's own client asks what it means before and after. */
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { audience, clientId, clientSecret, domain, refusalOf, tell, variable } from './environment.ts'

const issuer = new URL(`https://${domain}/`)
const api = { client_id: variable('API_CLIENT_ID') }
const apiSecret = variable('API_CLIENT_SECRET')

const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' }),
)

async function introspect(token: string) {
  const authentication = oauth.ClientSecretBasic(apiSecret)
  const response = await oauth.introspectionRequest(server, api, authentication, token)
  return oauth.processIntrospectionResponse(server, api, response)
}

/** RFC 9701: the answer as a JWT, whose signature is checked with our key set. */
async function introspectSigned(token: string) {
  const authentication = oauth.ClientSecretBasic(apiSecret)
  const wanted = { requestJwtResponse: true }
  const response = await oauth.introspectionRequest(server, api, authentication, token, wanted)
  const type = response.headers.get('content-type')
  const answer = await oauth.processIntrospectionResponse(server, api, response)
  await oauth.validateApplicationLevelSignature(server, response)
  return { type, answer }
}

async function revokeAs(client: oauth.Client, secret: string, token: string) {
  const response = await oauth.revocationRequest(server, client, oauth.ClientSecretPost(secret), token)
  return oauth.processRevocationResponse(response)
}

const machine = await openid.discovery(issuer, clientId, clientSecret)
const { access_token: token } = await openid.clientCredentialsGrant(machine, { audience })
const { access_token: second } = await openid.clientCredentialsGrant(machine, { audience })

const before = await introspect(token)
const othersToken = await refusalOf(() => revokeAs(api, apiSecret, token), ['error', 'status'])
const stillActive = await introspect(token)
await revokeAs({ client_id: clientId }, clientSecret, token)
const after = await introspect(token)
const signedBefore = await introspectSigned(second)

const itself = await openid.discovery(issuer, api.client_id, apiSecret)
const secondBefore = await openid.tokenIntrospection(itself, second)
await openid.tokenRevocation(machine, second)
const secondAfter = await openid.tokenIntrospection(itself, second)
const byItsOwnClient = await openid.tokenIntrospection(machine, second)

tell({ signedBefore, before, othersToken, stillActive, after, secondBefore, secondAfter, byItsOwnClient })
