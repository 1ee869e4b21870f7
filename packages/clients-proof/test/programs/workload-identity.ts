/**
 * Proves itself with tokens of another issuer: by what each
 * library offers for ways of authentication that it does not know.
 */
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { audience, clientId, domain, refusalOf, tell, variable } from './environment.ts'

const issuer = new URL(`https://${domain}/`)
const [first = '', second = '', third = ''] = variable('WORKLOAD_TOKENS').split(' ')

/** RFC 7521 §4.2; both libraries take the same function. */
function byWorkloadToken(token: string): oauth.ClientAuth & openid.ClientAuth {
  return (_server, client, body) => {
    body.set('client_id', client.client_id)
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    body.set('client_assertion', token)
  }
}

async function byOpenidClient(token: string) {
  const configuration = await openid.discovery(issuer, clientId, undefined, byWorkloadToken(token))
  const DPoP = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair('ES256'))
  return openid.clientCredentialsGrant(configuration, { audience }, { DPoP })
}

async function byOauth4webapi(token: string) {
  const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' })
  const server = await oauth.processDiscoveryResponse(issuer, answer)
  const client = { client_id: clientId }
  const response = await oauth.clientCredentialsGrantRequest(server, client, byWorkloadToken(token), {
    audience,
  })
  return oauth.processClientCredentialsResponse(server, client, response)
}

const members = ['name', 'error', 'status']
tell({
  // Before anything else, so that a wrong token is seen not to spend the right ones.
  ofAnother: await refusalOf(() => byOpenidClient(third), members),
  openid: await byOpenidClient(first),
  oauth4webapi: await byOauth4webapi(second),
  again: [
    await refusalOf(() => byOpenidClient(first), members),
    await refusalOf(() => byOauth4webapi(second), members),
  ],
})
