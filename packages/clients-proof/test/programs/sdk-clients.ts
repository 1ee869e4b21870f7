import { generateKeyPairSync } from 'node:crypto'
import { ManagementClient, ManagementError } from 'auth0'
import { clientId, clientSecret, domain, tell } from './environment.ts'

const auth0 = new ManagementClient({ domain, clientId, clientSecret })

const created = await auth0.clients.create({
  name: 'sdk',
  app_type: 'non_interactive',
  grant_types: ['client_credentials'],
  client_metadata: { team: 'billing', plan: 'gold' },
})
const id = String(created.client_id)
const read = await auth0.clients.get(id)
const updated = await auth0.clients.update(id, {
  description: 'changed',
  client_metadata: { plan: null as unknown as string },
})
const rotated = await auth0.clients.rotateSecret(id)

const names: (string | undefined)[] = []
for await (const client of await auth0.clients.list({ per_page: 2 })) names.push(client.name)
const beyondTheEnd = await auth0.clients.list({ page: 50, per_page: 2 })

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
const credential = await auth0.clients.credentials.create(id, {
  credential_type: 'public_key',
  name: 'first',
  pem,
  alg: 'RS256',
})
const credentialId = String(credential.id)
const expires = '2030-01-01T00:00:00.000Z'
const dated = await auth0.clients.credentials.update(id, credentialId, { expires_at: expires })
const credentials = await auth0.clients.credentials.list(id)
const readCredential = await auth0.clients.credentials.get(id, credentialId)
await auth0.clients.credentials.delete(id, credentialId)

const missing = await auth0.clients.get('doesnotexist').catch((error: unknown) => error)
const unknownMember = await auth0.clients
  .create({ name: 'x', colour: 'red' } as { name: string })
  .catch((error: unknown) => error)
await auth0.clients.delete(id)
const gone = await auth0.clients.get(id).catch((error: unknown) => error)

function errorIn(value: unknown) {
  return value instanceof ManagementError
    ? { kind: value.constructor.name, statusCode: value.statusCode, body: value.body }
    : value
}

tell({
  created,
  read,
  updated,
  secretChanged: rotated.client_secret !== created.client_secret && rotated.client_id === id,
  names,
  beyondTheEnd: beyondTheEnd.data,
  credential,
  dated,
  credentials,
  readCredential,
  missing: errorIn(missing),
  unknownMember: errorIn(unknownMember),
  gone: errorIn(gone),
})
