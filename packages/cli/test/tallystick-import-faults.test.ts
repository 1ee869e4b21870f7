/** `tallystick import auth0` where something is wrong: with the files, with a rule, on the way to the server. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Files, writeFiles } from './auth0-export.ts'
import { type BesideServer, startBesideServer } from './beside-server.ts'
import { startLosingProxy } from './losing-proxy.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

async function place(name: string, files: Files): Promise<string> {
  await mkdir(join(here.folder, name), { recursive: true })
  await writeFiles(join(here.folder, name), files)
  return join(here.folder, name)
}

const client = { name: 'shipping', grant_types: ['client_credentials'] }
const aliases = 'abcdefgh'.split('').map((name, index, names) => {
  const before =
    index === 0
      ? 'x'
      : Array(9)
          .fill(`*${names[index - 1]}`)
          .join(',')
  return `${name}: &${name} [${before}]`
})
const hook = { name: 'plan', triggerId: 'credentials-exchange', enabled: true }

const unreadable: Record<string, { files: Files; path?: string; says: RegExp }> = {
  'an empty folder': { files: {}, says: /holds no export/ },
  'a file of another kind': { files: { 'a.txt': 'x' }, path: 'a.txt', says: /neither a folder nor a file/ },
  'text that is no JSON': { files: { 'clients/a.json': '{"name": "s3cret' }, says: /clients\/a\.json/ },
  'a list in place of an object': { files: { 'clients/a.json': '["s3cret"]' }, says: /not one JSON object/ },
  'a client without a name': {
    files: { 'clients/a.json': { id: 's3cret' } },
    says: /member name is missing/,
  },
  'two clients of one name': {
    files: { 'clients/a.json': client, 'clients/b.json': client },
    says: /two clients named shipping/,
  },
  'code outside the folder': {
    files: { 'hooks/a.json': { ...hook, script: '../../outside.js' } },
    says: /outside the folder/,
  },
  'code at an absolute path': {
    files: { 'actions/a.json': { name: 'a', code: '/etc/passwd', supported_triggers: [] } },
    says: /outside the folder/,
  },
  'code that is not there': {
    files: { 'hooks/a.json': { ...hook, script: './none.js' } },
    says: /hooks\/\.\/none\.js/,
  },
  'two enabled Hooks': {
    files: {
      'hooks/a.json': { ...hook, script: './a.js' },
      'hooks/b.json': { ...hook, name: 'other', script: './a.js' },
      'hooks/a.js': 'module.exports = 1',
    },
    says: /Only one Hook/,
  },
  'a secret that is no text': {
    files: { 'hooks/a.json': { ...hook, script: './a.js', secrets: { A: 1 } }, 'hooks/a.js': '1' },
    says: /no text/,
  },
  'YAML of another kind': {
    files: { 'tenant.yaml': '- s3cret\n' },
    path: 'tenant.yaml',
    says: /not one map/,
  },
  'YAML that is none': { files: { 'tenant.yaml': 'a: [s3cret\n' }, path: 'tenant.yaml', says: /no YAML/ },
  'YAML with tags of a language': {
    files: { 'tenant.yaml': 'clients: !!js/function "s3cret"\n' },
    path: 'tenant.yaml',
    says: /no YAML|not a list/,
  },
  'YAML that grows without bounds': {
    files: { 'tenant.yaml': `${aliases.join('\n')}\n` },
    path: 'tenant.yaml',
    says: /aliases/,
  },
  'YAML that holds itself': {
    files: { 'tenant.yaml': 'clients: &a [*a]\n' },
    path: 'tenant.yaml',
    says: /aliases/,
  },
  'a list that is none': {
    files: { 'tenant.yaml': 'clients: {}\n' },
    path: 'tenant.yaml',
    says: /not a list/,
  },
}

for (const [name, { files, path = '', says }] of Object.entries(unreadable)) {
  test(`${name} is refused by its place, and nothing of it is quoted`, async () => {
    const folder = await place(name.replaceAll(' ', '-'), files)
    const { exitCode, output, messages } = await here.tallystick(['import', 'auth0', join(folder, path)])
    expect([exitCode, messages]).toEqual([2, expect.stringMatching(says)])
    expect(output + messages).not.toContain('s3cret')
  })
}

test('a link is not followed, be it a file or a folder', async () => {
  const folder = await place('links', { 'clients/b.json': client })
  await writeFile(join(here.folder, 'outside.json'), JSON.stringify({ name: 'outside' }))
  await symlink(join(here.folder, 'outside.json'), join(folder, 'clients/a.json'))
  const file = await here.tallystick(['import', 'auth0', folder, '--dry-run'])
  expect([file.exitCode, file.messages]).toEqual([2, expect.stringContaining('symbolic link')])
  const other = await place('linked-folder', { 'tenant.json': { friendly_name: 'x' } })
  await symlink(join(folder, 'clients'), join(other, 'clients'))
  const all = await here.tallystick(['import', 'auth0', other, '--dry-run'])
  expect([all.exitCode, all.messages]).toEqual([2, expect.stringContaining('symbolic link')])
})

const audience = 'https://ledger.example.org/'
const ledger: Files = {
  'clients/ledger.json': { name: 'ledger', grant_types: ['client_credentials'] },
  'resource-servers/ledger.json': { identifier: audience, name: 'Ledger', scopes: [{ value: 'read' }] },
  'grants/ledger.json': { client_id: 'ledger', audience, scope: ['read'] },
  'actions/deny.json': {
    name: 'deny',
    code: './actions/deny/code.js',
    runtime: 'node22',
    supported_triggers: [{ id: 'credentials-exchange', version: 'v2' }],
    deployed: true,
  },
  'actions/deny/code.js':
    "const fs = require('fs')\nexports.onExecuteCredentialsExchange = async (event, api) => api.access.deny('invalid_request', 'no')\n",
  'triggers/triggers.json': { 'credentials-exchange': [{ action_name: 'deny', display_name: 'deny' }] },
}

test('while a rule is refused no grant is made, and the same command goes on once it is mended', async () => {
  const folder = await place('ledger', ledger)
  const command = ['import', 'auth0', folder, '--credentials-out', join(here.folder, 'ledger-clients.json')]
  expect((await here.ok([...command, '--dry-run'])).output).toContain(
    'it requires fs, which rules do not have here',
  )
  const first = await here.tallystick(command)
  expect(first.exitCode).toBe(1)
  expect(first.messages).toMatch(
    /not done: create client grant .*Held back, because the Action deny was refused/,
  )
  const grants = await here.server.management.clientGrants.list({ audience })
  expect(grants.total).toBe(0)

  const code = String(ledger['actions/deny/code.js']).replace(/^.*\n/, '')
  await writeFiles(folder, { 'actions/deny/code.js': code })
  const second = await here.ok(command)
  expect(second.messages).not.toContain('create client ledger')
  const { clients } = JSON.parse(await readFile(join(here.folder, 'ledger-clients.json'), 'utf8'))
  const { client_id, client_secret } = clients[0]
  const { body } = await here.server.requestToken({ client_id, client_secret, audience })
  expect(body).toMatchObject({ error: 'invalid_request', error_description: 'no' })
})

test('an Action that is bound here stays bound behind those of the export', async () => {
  const { actions, actionBindings } = here.server.management
  const { id } = await actions.create({
    name: 'ours',
    supported_triggers: [{ id: 'credentials-exchange', version: 'v2' }],
    code: 'exports.onExecuteCredentialsExchange = async () => {}',
    deploy: true,
  })
  await actionBindings.update('credentials-exchange', {
    bindings: [{ ref: { type: 'action_id', value: id } }],
  })
  const { output } = await here.ok(['import', 'auth0', join(here.folder, 'ledger')])
  expect(output).toContain('they stay, behind the others: ours')
  const { bindings } = await actionBindings.list('credentials-exchange')
  expect(bindings.map(({ action }) => action.name)).toEqual(['deny', 'ours'])
})

test('a bound Action whose deployed code the export does not hold stops the import', async () => {
  const folder = await place('undeployed', {
    ...ledger,
    'actions/deny.json': { ...Object(ledger['actions/deny.json']), name: 'draft', deployed: false },
    'triggers/triggers.json': {
      'credentials-exchange': [{ action_name: 'draft' }, { action_name: 'from the market' }],
    },
  })
  const { exitCode, messages } = await here.tallystick(['import', 'auth0', folder])
  expect(exitCode).toBe(2)
  expect(messages).toMatch(
    /bindings, draft: the Action is bound and the export does not hold what was deployed/,
  )
  expect(messages).toMatch(/bindings, from the market: the Action is neither in the export nor here/)
})

test('what would make an object another one stops the import, and is named', async () => {
  const folder = await place('essential', {
    'clients/a.json': { ...client, client_metadata: { plan: 1 }, logo_uri: 1 },
    'resource-servers/a.json': {
      identifier: audience,
      scopes: [{ value: 'no blank' }],
      signing_alg: 'ES512',
    },
  })
  const { exitCode, messages } = await here.tallystick(['import', 'auth0', folder])
  expect(exitCode).toBe(2)
  expect(messages).toMatch(/client shipping: with a value that is not taken here: client_metadata$/m)
  expect(messages).toMatch(/API \S+: with a value that is not taken here: scopes, signing_alg$/m)
})

test('a secret whose answer was lost on the way is renewed by the next run', async () => {
  const proxy = await startLosingProxy(here.server.url)
  try {
    const folder = await place('lost', {
      'clients/a.json': { ...client, name: 'lost' },
      'clients/b.json': client,
    })
    const kept = join(here.folder, 'lost-clients.json')
    const { client_id, client_secret, audience } = here.server.bootstrap.management
    const env = {
      TALLYSTICK_URL: proxy.origin,
      TALLYSTICK_AUDIENCE: audience,
      TALLYSTICK_CLIENT_ID: client_id,
      TALLYSTICK_CLIENT_SECRET: client_secret,
    }
    const command = ['import', 'auth0', folder, '--credentials-out', kept]
    proxy.loseNext('POST', '/api/v2/clients')
    const cut = await here.tallystick(command, { env })
    expect([cut.exitCode, cut.messages]).toEqual([6, expect.stringContaining('cannot be reached')])
    expect(JSON.parse(await readFile(kept, 'utf8')).clients).toEqual([{ name: 'lost' }])

    const { messages } = await here.ok(command, { env })
    expect(messages).toMatch(/renew client lost\ncreate client shipping/)
    const { clients } = JSON.parse(await readFile(kept, 'utf8'))
    expect(clients).toMatchObject([{ name: 'lost' }, { name: 'shipping' }])
    const refusal = await here.server.requestToken({ ...clients[0], name: undefined, audience })
    // Not `invalid_client`: the secret is right, and there is no grant.
    expect(refusal.body).toMatchObject({ error: 'invalid_target' })
    expect((await here.ok(command, { env })).output).toContain('Nothing was changed.')
  } finally {
    await proxy.close()
  }
})
