/** `tallystick import auth0`, against started servers, with exports in both formats of the deploy tool. */
import { chmod, lstat, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  directoryFiles,
  type ExportedTenant,
  exported,
  type Files,
  mapping,
  ruleSecrets,
  writeFiles,
  yamlFiles,
} from './auth0-export.ts'
import { type BesideServer, startBesideServer } from './beside-server.ts'

const formats = [
  { format: 'directory', filesOf: directoryFiles, entry: '' },
  { format: 'YAML', filesOf: yamlFiles, entry: 'tenant.yaml' },
]

for (const { format, filesOf, entry } of formats) {
  let here: BesideServer
  beforeAll(async () => {
    here = await startBesideServer()
  })
  afterAll(() => here.close())

  test(`${format}: what stops an import is told before anything is done`, async () => {
    const path = await place(here, 'team', filesOf(exported), entry)
    const noKeywords = await here.tallystick(['import', 'auth0', path])
    expect([noKeywords.exitCode, noKeywords.messages]).toEqual([
      2,
      expect.stringMatching(/@@SCOPES@@|##AUDIENCE##/),
    ])

    const options = ['import', 'auth0', path, '--mapping', await json(here, 'mapping.json', mapping)]
    const noSecrets = await here.tallystick(options)
    expect(noSecrets.exitCode).toBe(2)
    expect(noSecrets.messages).toContain('{"hooks":{"add-plan":{"PREFIX":"…"}}}')
    expect(noSecrets.messages).toContain('{"actions":{"add-team":{"TEAM":"…"}}}')

    const secrets = await json(here, 'secrets.json', ruleSecrets)
    await chmod(secrets, 0o644)
    const open = await here.tallystick([...options, '--rule-secrets', secrets])
    expect([open.exitCode, open.messages]).toEqual([2, expect.stringContaining('chmod 600')])
    await chmod(secrets, 0o600)
    const nowhere = await here.tallystick([...options, '--rule-secrets', secrets])
    expect([nowhere.exitCode, nowhere.messages]).toEqual([2, expect.stringContaining('--credentials-out')])
    const taken = await here.tallystick([...options, '--rule-secrets', secrets, '--credentials-out', secrets])
    expect([taken.exitCode, taken.messages]).toEqual([2, expect.stringContaining('is not replaced')])
    expect(await changesOf(here)).toEqual([])
  })

  test(`${format}: a dry run tells the plan and what will be different, and changes nothing`, async () => {
    const { plan, remarks } = await dryRun(here)
    expect(plan.map(({ verb, noun, name }) => `${verb} ${noun} ${name}`)).toEqual([
      'change settings of the tenant',
      'create API https://invoices.example.org/',
      'create API urn:old',
      'create client shipping',
      'create client shop',
      'create client signer',
      'create Hook add-plan',
      'create Action add-team',
      'deploy Action add-team',
      'bind bindings credentials-exchange',
      'create client grant shipping → https://invoices.example.org/',
    ])
    const told = remarks.map(({ kind, about, text }) => `${kind}: ${about}: ${text}`).join('\n')
    for (const line of [
      /^differs: API https:\/\/invoices.example.org\/: authorization_details is left out/m,
      /^left_out: API https:\/\/invoices.eu.auth0.com\/api\/v2\/: it is one of Auth0 itself/m,
      /^differs: client shipping: token_quota is left out/m,
      /^differs: client shop: client_credentials is not among/m,
      /^differs: client shop: compliance_level fapi1_adv_pkj_par is left out/m,
      /^todo: client signer: the export does not hold its keys/m,
      /^todo: client signer: compliance_level .*--compliance-level fapi2_sp_pkj_mtls/m,
      /^left_out: client Tallystick operator: the import signs in with it/m,
      /^left_out: client grant .*: scopes that the API does not offer: gone/m,
      /^left_out: client grant .*management API of Auth0/m,
      /^left_out: client grant .*: the client nobody is neither/m,
      /^left_out: Hook welcome: it is of the point post-user-registration/m,
      /^left_out: Action greet: its trigger is post-login/m,
      /^left_out: settings: not known here: not_a_setting/m,
      /^left_out: settings: flags not known here: not_a_flag/m,
      /^left_out: not read: (pages|connections)/m,
      /^todo: all APIs: .*trust this issuer/m,
      /^differs: token endpoint: .*--profile auth0/m,
    ]) {
      expect(told).toMatch(line)
    }
    expect(await changesOf(here)).toEqual([])
    const forPeople = await here.ok([...(await importOf(here)), '--dry-run'])
    expect(forPeople.output).toContain('To do by hand:')
    expect(forPeople.output + forPeople.messages).not.toContain('blue')
  })

  test(`${format}: an import makes everything, and the next token request shows it`, async () => {
    const { output, messages } = await here.ok(await importOf(here))
    expect(messages).toContain('create client shipping')
    expect(output).toMatch(/shipping +oldIdOfShipping +\S{32}/)
    const kept = join(here.folder, 'clients.json')
    expect((await lstat(kept)).mode & 0o777).toBe(0o600)
    const { clients, apis } = JSON.parse(await readFile(kept, 'utf8'))
    expect(clients).toMatchObject([{ name: 'shipping', old_client_id: 'oldIdOfShipping' }])
    expect(apis).toEqual([{ identifier: 'urn:old', signing_secret: expect.stringMatching(/.{16}/) }])
    expect(output + messages).not.toContain(clients[0].client_secret)
    expect(output + messages).not.toContain(apis[0].signing_secret)

    const { claims, header } = await tokenOf(here, clients[0])
    expect(header).toMatchObject({ typ: 'JWT', alg: 'RS256' })
    expect(claims).toMatchObject({
      scope: 'read write',
      azp: clients[0].client_id,
      'https://example.com/plan': 'plan gold',
      team: 'blue',
    })
    const settings = await here.server.management.tenantSettings.get()
    expect(settings).toMatchObject({ friendly_name: 'Invoices Ltd', default_audience: mapping.AUDIENCE })
    const signer = await here.server.management.clients.get(await here.idOfClient('signer'))
    expect(signer.token_endpoint_auth_method).toBe('none')
  })

  test(`${format}: run again, it changes nothing`, async () => {
    const before = await readFile(join(here.folder, 'clients.json'), 'utf8')
    const last = await changesOf(here)
    const { output } = await here.ok(await importOf(here))
    expect(output).toContain('Nothing was changed.')
    expect((await dryRun(here)).plan).toEqual([])
    expect(await changesOf(here)).toEqual(last)
    expect(await readFile(join(here.folder, 'clients.json'), 'utf8')).toBe(before)
  })

  test(`${format}: what is changed in the export is changed, and nothing else`, async () => {
    const changed = withChanges(exported)
    await place(here, 'team', filesOf(changed), entry)
    const { plan } = await dryRun(here)
    expect(plan).toEqual([
      { verb: 'change', noun: 'API', name: mapping.AUDIENCE, details: ['scopes', 'token_lifetime'] },
      { verb: 'change', noun: 'client', name: 'shipping', details: ['client_metadata'] },
      { verb: 'change', noun: 'Hook', name: 'add-plan', details: ['script'] },
      { verb: 'change', noun: 'Action', name: 'add-team', details: ['code'] },
      { verb: 'deploy', noun: 'Action', name: 'add-team', details: [] },
    ])
    await here.ok(await importOf(here))
    const { clients } = JSON.parse(await readFile(join(here.folder, 'clients.json'), 'utf8'))
    expect((await tokenOf(here, clients[0])).claims).toMatchObject({
      'https://example.com/tier': 'plan silver',
      crew: 'blue',
    })
    expect((await dryRun(here)).plan).toEqual([])
  })

  test(`${format}: secrets of rules stay until they are asked to be replaced`, async () => {
    await json(here, 'secrets.json', { ...ruleSecrets, actions: { 'add-team': { TEAM: 'green' } } })
    expect((await dryRun(here)).plan).toEqual([])
    await here.ok([...(await importOf(here)), '--replace-secrets'])
    const { clients } = JSON.parse(await readFile(join(here.folder, 'clients.json'), 'utf8'))
    expect((await tokenOf(here, clients[0])).claims).toMatchObject({ crew: 'green' })
  })

  /** The command with the files of the tests above. */
  async function importOf(server: BesideServer): Promise<string[]> {
    return [
      ...['import', 'auth0', join(server.folder, 'team', entry)],
      ...['--mapping', join(server.folder, 'mapping.json')],
      ...['--rule-secrets', join(server.folder, 'secrets.json')],
      ...['--credentials-out', join(server.folder, 'clients.json')],
    ]
  }

  async function dryRun(server: BesideServer): Promise<DryRun> {
    const { output } = await server.ok([...(await importOf(server)), '--dry-run', '--json'])
    return JSON.parse(output)
  }
}

interface DryRun {
  readonly plan: readonly { verb: string; noun: string; name: string; details: readonly string[] }[]
  readonly remarks: readonly { kind: string; about: string; text: string }[]
}

function withChanges(tenant: ExportedTenant): ExportedTenant {
  const [api, ...apis] = tenant.resourceServers
  const [client, ...clients] = tenant.clients
  const [hook, ...hooks] = tenant.hooks
  const [action, ...actions] = tenant.actions
  if (!api || !client || !hook || !action) throw new TypeError('The export of these tests is empty.')
  return {
    ...tenant,
    resourceServers: [
      { ...api, token_lifetime: 60, scopes: [{ value: 'read' }, { value: 'write' }] },
      ...apis,
    ],
    clients: [{ ...client, client_metadata: { plan: 'silver' } }, ...clients],
    hooks: [{ ...hook, script: hook.script.replace('/plan', '/tier') }, ...hooks],
    actions: [{ ...action, code: action.code.replace("'team'", "'crew'") }, ...actions],
  }
}

/** The path that the command takes. */
async function place(here: BesideServer, name: string, files: Files, entry: string): Promise<string> {
  await writeFiles(join(here.folder, name), files)
  return join(here.folder, name, entry)
}

async function json(here: BesideServer, name: string, value: unknown): Promise<string> {
  await writeFile(join(here.folder, name), JSON.stringify(value), { mode: 0o600 })
  return join(here.folder, name)
}

/** Every change leaves a log entry. What the test server made itself aside. */
async function changesOf({ server }: BesideServer): Promise<readonly string[]> {
  const { logs } = await server.management.logs.list({ per_page: 100 })
  const changes = logs.filter(({ type }) => type === 'sapi').map(({ description }) => description)
  return changes.filter((text) => !/(billing|invoices\.example\.com)/.test(text)).slice(0, 50)
}

async function tokenOf({ server }: BesideServer, client: { client_id: string; client_secret: string }) {
  const { client_id, client_secret } = client
  const answer = await server.requestToken({ client_id, client_secret, audience: mapping.AUDIENCE })
  expect(answer.body).toMatchObject({ access_token: expect.any(String) })
  return answer
}
