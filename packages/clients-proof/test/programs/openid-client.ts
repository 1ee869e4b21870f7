import * as client from 'openid-client'
import { audience, clientId, clientSecret, domain, refusalOf, tell } from './environment.ts'

const issuer = new URL(`https://${domain}/`)
const byBody = await client.discovery(issuer, clientId, clientSecret)
const inBody = await client.clientCredentialsGrant(byBody, { audience })

const byHeader = await client.discovery(
  issuer,
  clientId,
  clientSecret,
  client.ClientSecretBasic(clientSecret),
)
const inHeader = await client.clientCredentialsGrant(byHeader, { audience, scope: 'read' })

const impostor = await client.discovery(issuer, clientId, 'wrong')
const refusal = await refusalOf(
  () => client.clientCredentialsGrant(impostor, { audience }),
  ['name', 'error', 'error_description', 'status'],
)
const scopeRefusal = await refusalOf(
  () => client.clientCredentialsGrant(byBody, { audience, scope: 'read delete' }),
  ['name', 'error', 'error_description', 'status'],
)
tell({ token: inBody.access_token, inHeader: inHeader.access_token, refusal, scopeRefusal })
