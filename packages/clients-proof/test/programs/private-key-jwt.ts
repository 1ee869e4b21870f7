/** Each library signs its own assertions with the one key; the names are those of what it got. */
import { AuthClient } from '@auth0/auth0-auth-js'
import { ManagementClient } from 'auth0'
import { AuthenticationClient } from 'auth0/legacy'
import { importPKCS8 } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { audience, clientId, domain, refusalOf, tell, variable } from './environment.ts'

const pem = variable('PRIVATE_KEY')
const key = await importPKCS8(pem, 'RS256')
const issuer = new URL(`https://${domain}/`)

const legacy = new AuthenticationClient({
  domain,
  clientId,
  clientAssertionSigningKey: pem,
  clientAssertionSigningAlg: 'RS256',
})
const byLegacy = await legacy.oauth.clientCredentialsGrant({ audience })

const authJs = new AuthClient({
  domain,
  clientId,
  clientAssertionSigningKey: pem,
  clientAssertionSigningAlg: 'RS256',
})
const byAuthJs = await authJs.getTokenByClientCredentials({ audience })

const configuration = await openid.discovery(issuer, clientId, undefined, openid.PrivateKeyJwt(key))
const byOpenid = await openid.clientCredentialsGrant(configuration, { audience })

const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' })
const server = await oauth.processDiscoveryResponse(issuer, discovered)
const client = { client_id: clientId }
const answer = await oauth.clientCredentialsGrantRequest(server, client, oauth.PrivateKeyJwt(key), {
  audience,
})
const byOauth4webapi = await oauth.processClientCredentialsResponse(server, client, answer)

const management = new ManagementClient({
  domain,
  clientId,
  clientAssertionSigningKey: pem,
  clientAssertionSigningAlg: 'RS256',
})
const credentials = await management.clients.credentials.list(clientId)

const impostor = await openid.discovery(
  issuer,
  clientId,
  undefined,
  openid.PrivateKeyJwt(await importPKCS8(variable('OTHER_KEY'), 'RS256')),
)
const refusal = await refusalOf(
  () => openid.clientCredentialsGrant(impostor, { audience }),
  ['name', 'error', 'status'],
)
tell({
  legacy: byLegacy.data.access_token,
  authJs: byAuthJs.accessToken,
  openid: byOpenid.access_token,
  oauth4webapi: byOauth4webapi.access_token,
  credentials,
  refusal,
})
