/**
 * The deploy tool as a team uses it: import a folder, export the tenant, import the export. The second import is of what
 * is there already, but for one client, so it must change nothing else. One import more would prove no more and take as
 * long as the rest: the tool spends most of each on its own schemas.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { type DeployTool, deployToolFor, filesIn, writeFiles } from './deploy-tool.ts'
import { type CallManagement, callManagementOf, member, textMember, tokenFor } from './machine.ts'

const machineResources = {
  AUTH0_INCLUDED_ONLY: JSON.stringify([
    'clients',
    'resourceServers',
    'clientGrants',
    'actions',
    'triggers',
    'hooks',
    'logStreams',
    'tenant',
  ]),
}

const folderOfATeam = {
  'tenant.json': { friendly_name: 'Invoices Ltd', default_audience: '' },
  'resource-servers/Invoices.json': {
    name: 'Invoices',
    identifier: 'https://invoices.example.com/',
    scopes: [{ value: 'read', description: 'Read invoices' }, { value: 'write' }],
    token_lifetime: 3600,
  },
  'clients/billing.json': {
    name: 'billing',
    app_type: 'non_interactive',
    grant_types: ['client_credentials'],
    client_metadata: { plan: 'gold' },
  },
  'clients/reports.json': { name: 'reports', grant_types: ['client_credentials'] },
  'grants/billing.json': {
    client_id: 'billing',
    audience: 'https://invoices.example.com/',
    scope: ['read', 'write'],
  },
  'hooks/add-plan.json': {
    name: 'add-plan',
    triggerId: 'credentials-exchange',
    enabled: true,
    dependencies: {},
    secrets: { PREFIX: 'plan ' },
    script: './add-plan.js',
  },
  'hooks/add-plan.js': `module.exports = function (client, scope, audience, context, cb) {
  cb(null, { scope: scope, 'https://example.com/plan': context.webtask.secrets.PREFIX + client.metadata.plan })
}
`,
  'actions/add-team.json': {
    name: 'add-team',
    code: './actions/add-team/code.js',
    runtime: 'node22',
    dependencies: [],
    secrets: [{ name: 'TEAM', value: 'blue' }],
    supported_triggers: [{ id: 'credentials-exchange', version: 'v2' }],
    deployed: true,
  },
  'actions/add-team/code.js': `exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('team', event.secrets.TEAM)
}
`,
  'log-streams/collector.json': {
    name: 'collector',
    type: 'http',
    sink: {
      httpEndpoint: 'https://logs.example.com/in',
      httpContentType: 'application/json',
      httpContentFormat: 'JSONLINES',
      httpAuthorization: 'Bearer of-the-collector',
    },
  },
  'triggers/triggers.json': {
    'credentials-exchange': [{ action_name: 'add-team', display_name: 'add-team' }],
  },
}

let server: TlsServer
let tool: DeployTool
let call: CallManagement
let work: string

beforeAll(async () => {
  server = await startTlsServer({
    settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_PROFILE: 'auth0', TALLYSTICK_STARTER: 'off' },
  })
  tool = deployToolFor(server)
  call = callManagementOf(server.origin, server.bootstrap.management)
  work = mkdtempSync(join(tmpdir(), 'tallystick-deploy-'))
})
afterAll(async () => {
  rmSync(work, { recursive: true })
  await server.close()
})

test('an import makes everything, and the next token request already shows it', async () => {
  writeFiles(join(work, 'team'), folderOfATeam)
  await tool.importFrom(join(work, 'team'), machineResources)
  expect(await claimsOfBilling()).toMatchObject({
    scope: 'read write',
    'https://example.com/plan': 'plan gold',
    team: 'blue',
  })
})

test('an export of everything finishes, over all that this server does not have', async () => {
  await tool.exportTo(join(work, 'everything'))
  const files = Object.keys(filesIn(join(work, 'everything')))
  expect(files).toEqual(
    expect.arrayContaining(['clients/billing.json', 'actions/add-team.json', 'hooks/add-plan.json']),
  )
})

test('an export imports again without a change; with deletes allowed, what is no longer in it goes, and the operator stays', async () => {
  await tool.exportTo(join(work, 'first'), machineResources)
  const { 'clients/reports.json': reports, ...rest } = filesIn(join(work, 'first'))
  expect(reports).toBeDefined()
  writeFiles(join(work, 'less'), rest)
  const before = await stateOfTenant()
  const last = await newestLogId()
  await tool.importFrom(join(work, 'less'), { ...machineResources, AUTH0_ALLOW_DELETE: 'true' })

  const { clients, ...others } = await stateOfTenant()
  const { clients: clientsBefore, ...othersBefore } = before
  expect(namesOf(clientsBefore)).toContain('reports')
  expect(clients).toEqual(without('reports', clientsBefore))
  expect(others).toEqual(othersBefore)
  expect(others.clientGrants).toHaveLength(2)
  const entries = await entriesSince(last)
  expect(entries.length).toBeGreaterThan(5)
  const made = entries.filter(({ description }) => /create|delete|rotate/i.test(description))
  expect(made.filter(({ description }) => !/deploy/i.test(description))).toEqual([
    { description: expect.stringMatching(/delete.* client/i) },
  ])
  // Secrets come without their values in an export; what is stored stays.
  expect(await claimsOfBilling()).toMatchObject({ 'https://example.com/plan': 'plan gold', team: 'blue' })

  await tool.exportTo(join(work, 'second'), machineResources)
  expect(filesIn(join(work, 'second'))).toEqual(rest)
}, 600_000)

const objectPaths = {
  clients: 'clients',
  resourceServers: 'resource-servers',
  clientGrants: 'client-grants',
  actions: 'actions/actions',
  bindings: 'actions/triggers/credentials-exchange/bindings',
  logStreams: 'log-streams',
  settings: 'tenants/settings',
}

/** All objects as they are told to anybody who may ask; when they were last touched aside. */
async function stateOfTenant(): Promise<Record<keyof typeof objectPaths | 'hooks', unknown>> {
  const state: Record<string, unknown> = {}
  for (const [name, path] of Object.entries(objectPaths)) state[name] = withoutTimes(await call('GET', path))
  const hooks = await call('GET', 'hooks')
  const whole = (hook: unknown) => call('GET', `hooks/${textMember(hook, 'id')}`)
  state.hooks = Array.isArray(hooks) ? await Promise.all(hooks.map(whole)) : hooks
  return {
    clients: [],
    resourceServers: [],
    clientGrants: [],
    actions: [],
    bindings: [],
    logStreams: [],
    settings: {},
    hooks: [],
    ...state,
  }
}

function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (name, member) => (timeMembers.has(name) ? undefined : member))
}

const timeMembers = new Set(['updated_at', 'built_at'])

async function newestLogId(): Promise<string> {
  const entries = await call('GET', 'logs?per_page=1')
  return textMember(member(entries, '0'), 'log_id')
}

async function entriesSince(id: string): Promise<{ description: string }[]> {
  const entries = await call('GET', `logs?from=${id}&take=100`)
  if (!Array.isArray(entries)) throw new Error('The log is no list.')
  return entries.map((entry) => ({ description: textMember(entry, 'description') }))
}

function without(name: string, list: unknown): unknown[] {
  return Array.isArray(list) ? list.filter((each) => member(each, 'name') !== name) : []
}

function namesOf(list: unknown): unknown[] {
  return Array.isArray(list) ? list.map((each) => member(each, 'name')) : []
}

async function claimsOfBilling(): Promise<Record<string, unknown>> {
  const clients = await call('GET', 'clients?fields=name,client_id')
  const billing = Array.isArray(clients) ? clients.find(({ name }) => name === 'billing') : undefined
  const id = textMember(billing, 'client_id')
  const rotated = await call('POST', `clients/${id}/rotate-secret`)
  return (await tokenFor(server, { id, secret: textMember(rotated, 'client_secret') })).claims
}
