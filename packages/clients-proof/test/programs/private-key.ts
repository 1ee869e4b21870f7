import { AuthClient } from '@auth0/auth0-auth-js'
import { ManagementClient } from 'auth0'
import { AuthenticationClient } from 'auth0/legacy'
import { importPKCS8 } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { audience, clientId, domain, tell, variable } from './environment.ts'

const pem = variable('PRIVATE_KEY')
const issuer = new URL(`https://${domain}/`)
const key = await importPKCS8(pem, 'RS256')

const legacy = new AuthenticationClient({ domain, clientId, clientAssertionSigningKey: pem })
const byLegacy = await legacy.oauth.clientCredentialsGrant({ audience })

const authClient = new AuthClient({ domain, clientId, clientAssertionSigningKey: pem })
const byAuthClient = await authClient.getTokenByClientCredentials({ audience })

const config = await client.discovery(issuer, clientId, undefined, client.PrivateKeyJwt(key))
const byOpenidClient = await client.clientCredentialsGrant(config, { audience })

const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' })
const server = await oauth.processDiscoveryResponse(issuer, answer)
const response = await oauth.clientCredentialsGrantRequest(
  server,
  { client_id: clientId },
  oauth.PrivateKeyJwt(key),
  { audience },
)
const byOauth4webapi = await oauth.processClientCredentialsResponse(server, { client_id: clientId }, response)

const management = new ManagementClient({ domain, clientId, clientAssertionSigningKey: pem })
const settings = await management.tenants.settings.get()

tell({
  legacy: byLegacy.data.access_token,
  authClient: byAuthClient.accessToken,
  openidClient: byOpenidClient.access_token,
  oauth4webapi: byOauth4webapi.access_token,
  friendlyName: settings.friendly_name,
})
