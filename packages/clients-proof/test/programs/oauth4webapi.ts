import * as oauth from 'oauth4webapi'
import { audience, clientId, clientSecret, domain, refusalOf, tell } from './environment.ts'

const issuer = new URL(`https://${domain}/`)
const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' })
const server = await oauth.processDiscoveryResponse(issuer, answer)
const client = { client_id: clientId }

async function request(authentication: oauth.ClientAuth, parameters: Record<string, string>) {
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters)
  return oauth.processClientCredentialsResponse(server, client, response)
}

const token = await request(oauth.ClientSecretPost(clientSecret), { audience })
const inHeader = await request(oauth.ClientSecretBasic(clientSecret), { audience })
const refusal = await refusalOf(
  () => request(oauth.ClientSecretPost('wrong'), { audience }),
  ['name', 'error', 'error_description', 'status'],
)
tell({ token: token.access_token, scope: token.scope, inHeader: inHeader.access_token, refusal })
