import { ManagementClient } from 'auth0'
import { clientId, clientSecret, domain, tell } from './environment.ts'

const auth0 = new ManagementClient({ domain, clientId, clientSecret })
const trigger = 'credentials-exchange'
const codeOf = (value: string) =>
  `exports.onExecuteCredentialsExchange = async (event, api) => { api.accessToken.setCustomClaim('by', '${value}') }`

const created = await auth0.actions.create({
  name: 'sdk action',
  supported_triggers: [{ id: trigger, version: 'v2' }],
  code: codeOf('first'),
  dependencies: [],
  runtime: 'node22',
  secrets: [{ name: 'KEY', value: 'hidden' }],
})
const id = String(created.id)
// As the samples of the SDK do: ask until the draft is built.
let read = await auth0.actions.get(id)
while (read.status !== 'built') read = await auth0.actions.get(id)
const deployed = await auth0.actions.deploy(id)
const tested = await auth0.actions.test(id, { payload: { event: { request: { ip: '192.0.2.1' } } } })

const updated = await auth0.actions.update(id, { code: codeOf('second'), secrets: [{ name: 'KEY' }] })
await auth0.actions.deploy(id)
const versions = await auth0.actions.versions.list(id)
const first = versions.data.find((version) => version.number === 1)
const readVersion = await auth0.actions.versions.get(id, String(first?.id))
const rolledBack = await auth0.actions.versions.deploy(id, String(first?.id), { update_draft: true })

const triggers = await auth0.actions.triggers.list()
const bound = await auth0.actions.triggers.bindings.updateMany(trigger, {
  bindings: [{ ref: { type: 'action_name', value: 'sdk action' }, display_name: 'SDK' }],
})
const bindings = await auth0.actions.triggers.bindings.list(trigger)
const stillBound = await auth0.actions
  .delete(id)
  .catch((error: unknown) => Reflect.get(Object(error), 'statusCode'))
const listed = await auth0.actions.list({ triggerId: trigger, actionName: 'sdk action' })
const modules = await auth0.actions.modules.list()

await auth0.actions.triggers.bindings.updateMany(trigger, { bindings: [] })
await auth0.actions.delete(id)
const after = await auth0.actions.list()
tell({
  created,
  read,
  deployed,
  tested,
  updated,
  versions: versions.data.map(({ number, deployed: isDeployed }) => ({ number, isDeployed })),
  readVersion,
  rolledBack,
  triggers,
  bound,
  bindings: bindings.data,
  stillBound,
  listed: listed.data,
  modules: modules.data,
  after: after.data,
})
