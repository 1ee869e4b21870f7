/**
 * The page about moving from Auth0, followed as it is written: its commands are read out of it and run by a shell, in
 * the order in which they stand. What this test brings is what a reader brings: the export, and values for CAPITALS.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compiledCache } from '../../server/test/compiled-cache.ts'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { writeFiles } from './deploy-tool.ts'
import { audience, textMember } from './machine.ts'

const page = readFileSync(new URL('../../../docs/moving-from-auth0.md', import.meta.url), 'utf8')
const programs = {
  TALLYSTICK: fileURLToPath(new URL('../../cli/bin/tallystick.js', import.meta.url)),
  A0DEPLOY: join(
    dirname(createRequire(import.meta.url).resolve('auth0-deploy-cli/package.json')),
    'lib/index.js',
  ),
}

const exportOfAuth0 = {
  'resource-servers/Invoices.json': {
    name: 'Invoices',
    identifier: audience,
    scopes: [{ value: 'read' }, { value: 'write' }],
    signing_alg: 'RS256',
  },
  'clients/billing.json': {
    name: 'billing',
    client_id: 'oldIdOfBilling',
    app_type: 'non_interactive',
    grant_types: ['client_credentials'],
    client_metadata: { plan: 'gold' },
    token_endpoint_auth_method: 'client_secret_post',
  },
  'grants/billing-Invoices.json': { client_id: 'billing', audience, scope: ['read', 'write'] },
  'hooks/add-plan.json': {
    name: 'add-plan',
    triggerId: 'credentials-exchange',
    enabled: true,
    dependencies: {},
    secrets: { PREFIX: '_VALUE_NOT_SHOWN_' },
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
    secrets: [{ name: 'TEAM' }],
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

let folder: string
let server: TlsServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-page-'))
  const [start = ''] = page.match(/^TALLYSTICK_\S+=.* npm start$/m) ?? []
  const settings = Object.fromEntries(
    [...start.matchAll(/(TALLYSTICK_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  )
  server = await startTlsServer({ settings, dataDir: join(folder, 'data') })
  writeFiles(join(folder, 'auth0'), exportOfAuth0)
  const { client_id: _, ...billing } = exportOfAuth0['clients/billing.json']
  writeFiles(join(folder, 'auth0-by-name'), { ...exportOfAuth0, 'clients/billing.json': billing })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('the page about moving from Auth0 works as it is written', async () => {
  const doctor = await follow('2. Start the server')
  expect(doctor).not.toContain('failed')
  const dryRun = await follow('3. See what would happen')
  expect(dryRun).toMatch(/create +client +billing/)
  expect(dryRun).toContain('{"hooks":{"add-plan":{"PREFIX":"…"}}}')

  writeFileSync(
    join(folder, 'rule-secrets.json'),
    blocksOf('4. Give the secrets of your rules', 'json').join(''),
  )
  await follow('4. Give the secrets of your rules')
  expect(await follow('5. Import')).toMatch(/billing +oldIdOfBilling +\S+/)
  expect(statSync(join(folder, 'clients.json')).mode & 0o777).toBe(0o600)
  await follow('6. Let rules reach what they need')

  const { clients } = JSON.parse(readFileSync(join(folder, 'clients.json'), 'utf8'))
  writeFileSync(join(folder, 'billing.secret'), textMember(clients[0], 'client_secret'), { mode: 0o600 })
  const shown = await follow('7. Try it', { CLIENT_ID: textMember(clients[0], 'client_id') })
  for (const told of ['plan gold', 'blue', 'read write', 'seccft']) expect(shown).toContain(told)

  const { client_id, client_secret } = server.bootstrap.management
  const operator = { OPERATOR_ID: client_id, OPERATOR_SECRET: client_secret, 'localhost:8420': server.domain }
  const deployed = await follow('The other way: the deploy tool itself', operator)
  expect(deployed).toContain('Import Successful')
})

/** Exports stay, as in a terminal. */
const exports: string[] = []

/** What the commands below this heading print. @throws Error when one of them fails. */
async function follow(heading: string, values: Readonly<Record<string, string>> = {}): Promise<string> {
  let commands = blocksOf(heading, 'sh').join('')
  for (const [name, value] of Object.entries(values)) commands = commands.replaceAll(name, value)
  expect(commands, heading).not.toBe('')
  const npx =
    'npx() { case "$1" in tallystick) p=$TALLYSTICK;; a0deploy) p=$A0DEPLOY;; esac; shift; "$NODE" "$p" "$@"; }'
  const script = ['set -eu', npx, ...exports, commands].join('\n')
  exports.push(...commands.split('\n').filter((line) => line.startsWith('export ')))
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], {
    cwd: folder,
    maxBuffer: 10_000_000,
    env: {
      HOME: folder,
      PATH: process.env.PATH,
      NO_COLOR: '1',
      NODE: process.execPath,
      ...compiledCache,
      ...programs,
    },
  })
  return stdout + stderr
}

/** The blocks of a language below a heading, up to the next heading. */
function blocksOf(heading: string, language: string): string[] {
  const [, below = ''] = page.split(`\n## ${heading}\n`)
  const [section = ''] = below.split('\n## ')
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  )
}
