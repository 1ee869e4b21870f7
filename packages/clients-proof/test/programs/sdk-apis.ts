import { ManagementClient } from 'auth0'
import { clientId, clientSecret, domain, tell } from './environment.ts'

const auth0 = new ManagementClient({ domain, clientId, clientSecret })
const identifier = 'https://sdk.example.com/path?x=1/'

const created = await auth0.resourceServers.create({ identifier, name: 'SDK', scopes: [{ value: 'read' }] })
const id = String(created.id)
const byId = await auth0.resourceServers.get(id)
const byIdentifier = await auth0.resourceServers.get(identifier)
const updated = await auth0.resourceServers.update(id, {
  token_lifetime: 3600,
  scopes: [{ value: 'read' }, { value: 'write', description: 'Writes' }],
})
const identifiers: (string | undefined)[] = []
for await (const api of await auth0.resourceServers.list({ per_page: 1 })) identifiers.push(api.identifier)

const client = await auth0.clients.create({ name: 'granted' })
const granted = String(client.client_id)
const grant = await auth0.clientGrants.create({ client_id: granted, audience: identifier, scope: ['read'] })
const grantId = String(grant.id)
const readGrant = await auth0.clientGrants.get(grantId)
const widened = await auth0.clientGrants.update(grantId, { scope: ['read', 'write'] })
const again = await auth0.clientGrants
  .create({ client_id: granted, audience: identifier, scope: [] })
  .catch((error: unknown) => Reflect.get(Object(error), 'statusCode'))
const grants: (string | undefined)[] = []
for await (const each of await auth0.clientGrants.list({ take: 1 })) grants.push(each.audience)
const filtered = await auth0.clientGrants.list({ client_id: granted })

await auth0.clientGrants.delete(grantId)
await auth0.clients.delete(granted)
await auth0.resourceServers.delete(id)
tell({
  created,
  byId,
  byIdentifier,
  updated,
  identifiers,
  grant,
  readGrant,
  widened,
  again,
  grants,
  filtered: filtered.data,
})
