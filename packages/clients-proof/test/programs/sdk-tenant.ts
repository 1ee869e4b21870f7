import { ManagementClient } from 'auth0'
import { clientId, clientSecret, domain, refusalOf, tell } from './environment.ts'

const auth0 = new ManagementClient({ domain, clientId, clientSecret })

const settings = await auth0.tenants.settings.get()
const changed = await auth0.tenants.settings.update({ friendly_name: 'Invoices Ltd' })

const keys = await auth0.keys.signing.list()
const rotation = await auth0.keys.signing.rotate()
const previous = (await auth0.keys.signing.list()).find((key) => key.previous)
const readKey = await auth0.keys.signing.get(String(previous?.kid))
// A new client, whose token the new key signs: revoking would end the old client's own.
const renewed = new ManagementClient({ domain, clientId, clientSecret })
const revoked = await renewed.keys.signing.revoke(String(previous?.kid))

const logs = await renewed.logs.list({ per_page: 5 })
const entry = await renewed.logs.get(String(logs.data[0]?.log_id))
const exchanges = await renewed.logs.list({ search: 'type:seccft' })

const stream = await renewed.logStreams.create({
  name: 'sdk stream',
  type: 'http',
  sink: { httpEndpoint: 'https://logs.example.com/in', httpContentFormat: 'JSONLINES' },
})
const streamId = String(Reflect.get(stream, 'id'))
const paused = await renewed.logStreams.update(streamId, { status: 'paused' })
const streams = await renewed.logStreams.list()
await renewed.logStreams.delete(streamId)

const daily = await renewed.stats.getDaily({})
const notOffered = await refusalOf(() => renewed.roles.list(), ['statusCode', 'body'])
tell({
  settings,
  changed,
  keys,
  rotation,
  readKey,
  revoked,
  logs: logs.data,
  entry,
  exchanges: exchanges.data.map((each) => each.type),
  stream,
  paused,
  streams,
  daily,
  notOffered,
})
