/**
 * `tallystick import auth0` of what the deploy tool itself wrote: a tenant is exported in both formats, brought into
 * another server, and found there as it was. Where it came from, nothing is to be done.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { deployToolFor, filesIn, writeFiles } from './deploy-tool.ts'
import { audience, textMember, tokenFor } from './machine.ts'

const program = fileURLToPath(new URL('../../cli/bin/tallystick.js', import.meta.url))
const machineResources = {
  AUTH0_EXPORT_IDENTIFIERS: 'true',
  AUTH0_INCLUDED_ONLY: JSON.stringify([
    ...['clients', 'resourceServers', 'clientGrants', 'actions', 'triggers', 'hooks', 'tenant'],
  ]),
}

const tenant = {
  'tenant.json': { friendly_name: 'Invoices Ltd' },
  'resource-servers/Invoices.json': {
    name: 'Invoices',
    identifier: audience,
    scopes: [{ value: 'read', description: 'Read invoices' }, { value: 'write' }],
    token_lifetime: 3600,
  },
  'clients/billing.json': {
    name: 'billing',
    app_type: 'non_interactive',
    grant_types: ['client_credentials'],
    client_metadata: { plan: 'gold' },
    jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36000 },
  },
  'grants/billing.json': { client_id: 'billing', audience, scope: ['read', 'write'] },
  'hooks/add-plan.json': {
    name: 'add-plan',
    triggerId: 'credentials-exchange',
    enabled: true,
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
    secrets: [{ name: 'TEAM', value: 'blue' }],
    supported_triggers: [{ id: 'credentials-exchange', version: 'v2' }],
    deployed: true,
  },
  'actions/add-team/code.js': `exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('team', event.secrets.TEAM)
}
`,
  'triggers/triggers.json': {
    'credentials-exchange': [{ action_name: 'add-team', display_name: 'add-team' }],
  },
}

let old: TlsServer
let fresh: TlsServer
let work: string

beforeAll(async () => {
  const settings = { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_STARTER: 'off' }
  old = await startTlsServer({ settings: { ...settings, TALLYSTICK_PROFILE: 'auth0' } })
  fresh = await startTlsServer({ settings })
  work = mkdtempSync(join(tmpdir(), 'tallystick-move-'))
})
afterAll(async () => {
  rmSync(work, { recursive: true })
  await Promise.all([old.close(), fresh.close()])
})

test('what the deploy tool exports is brought into another server, from either format', async () => {
  writeFiles(join(work, 'tenant'), tenant)
  await importInto(old, join(work, 'tenant'), '--credentials-out', join(work, 'old.json'))
  const tool = deployToolFor(old)
  await tool.exportTo(join(work, 'folder'), machineResources)
  await tool.exportYamlTo(join(work, 'yaml'), machineResources)
  const yaml = join(work, 'yaml', 'tenant.yaml')

  expect((await importInto(old, join(work, 'folder'))).done).toEqual([])
  expect((await importInto(old, yaml)).done).toEqual([])

  const secrets = { hooks: { 'add-plan': { PREFIX: 'plan ' } }, actions: { 'add-team': { TEAM: 'blue' } } }
  writeFileSync(join(work, 'secrets.json'), JSON.stringify(secrets), { mode: 0o600 })
  const given = ['--rule-secrets', join(work, 'secrets.json'), '--credentials-out', join(work, 'new.json')]
  const { done, clients } = await importInto(fresh, join(work, 'folder'), ...given)
  expect(done.length).toBeGreaterThan(6)
  const before = machineOf('old.json')
  const now = machineOf('new.json')
  expect(clients).toContainEqual({ name: 'billing', old_client_id: before.id, client_id: now.id })
  expect((await importInto(fresh, yaml, ...given)).done).toEqual([])

  const [there, here] = [await tokenFor(old, before), await tokenFor(fresh, now)]
  const particular = { iss: fresh.origin.concat('/'), azp: now.id, sub: `${now.id}@clients` }
  const { iat: _, exp: __, jti: ___, ...claims } = here.claims
  expect(there.claims).toMatchObject({
    'https://example.com/plan': 'plan gold',
    team: 'blue',
    scope: 'read write',
  })
  expect({ ...there.claims, ...particular }).toMatchObject(claims)
  expect(Object.keys(here.claims).sort()).toEqual(Object.keys(there.claims).sort())

  await deployToolFor(fresh).exportTo(join(work, 'again'), {
    AUTH0_INCLUDED_ONLY: machineResources.AUTH0_INCLUDED_ONLY,
  })
  expect(filesIn(join(work, 'again'))).toMatchObject({
    'hooks/add-plan.js': tenant['hooks/add-plan.js'],
    'triggers/triggers.json': tenant['triggers/triggers.json'],
    'grants/billing-Invoices.json': { client_id: 'billing', audience, scope: ['read', 'write'] },
  })
}, 600_000)

interface Imported {
  readonly done: readonly unknown[]
  readonly clients: readonly unknown[]
}

async function importInto(server: TlsServer, path: string, ...options: string[]): Promise<Imported> {
  const args = ['import', 'auth0', path, '--json', ...options]
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    cwd: work,
    env: {
      HOME: work,
      PATH: process.env.PATH,
      NODE_EXTRA_CA_CERTS: server.authorityPath,
      TALLYSTICK_DATA_DIR: server.dataDir,
    },
  })
  return JSON.parse(stdout)
}

function machineOf(file: string) {
  const { clients } = JSON.parse(readFileSync(join(work, file), 'utf8'))
  return { id: textMember(clients[0], 'client_id'), secret: textMember(clients[0], 'client_secret') }
}
