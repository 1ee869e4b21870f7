import { ManagementClient } from 'auth0'
import { clientId, clientSecret, domain, tell } from './environment.ts'

const auth0 = new ManagementClient({ domain, clientId, clientSecret })
const script = 'module.exports = (client, scope, audience, context, cb) => cb(null, { scope })'

const created = await auth0.hooks.create({ name: 'sdk hook', script, triggerId: 'credentials-exchange' })
const id = String(created.id)
await auth0.hooks.secrets.create(id, { FIRST: 'one', SECOND: 'two' })
await auth0.hooks.secrets.update(id, { FIRST: 'uno' })
await auth0.hooks.secrets.delete(id, ['SECOND'])
const secrets = await auth0.hooks.secrets.get(id)
const enabled = await auth0.hooks.update(id, { enabled: true })
const read = await auth0.hooks.get(id)
const names: (string | undefined)[] = []
for await (const hook of await auth0.hooks.list({ triggerId: 'credentials-exchange' })) names.push(hook.name)
await auth0.hooks.delete(id)
tell({ created, secrets, enabled, read, names })
