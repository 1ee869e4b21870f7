/** `tallystick apis`, `clients` and `grants` against a started server. */
import { lstat, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
})
afterAll(() => here.close())

const audience = 'https://plans.example.com/'
const nobody = 'n'.repeat(32)

test('what is not there ends with 3, what is there already with 5', async () => {
  expect((await here.tallystick(['clients', 'show', 'nobody'])).exitCode).toBe(3)
  await here.ok(['apis', 'create', audience, '--scope', 'read Read plans', '--alg', 'ES256'])
  expect((await here.tallystick(['apis', 'create', audience])).exitCode).toBe(5)
})

test('what to do about something unknown names the list it would be in', async () => {
  const client = await here.idOfClient('billing')
  const cases: [args: string[], list: string][] = [
    [['clients', 'show', nobody], 'tallystick clients list'],
    [['grants', 'create', '--client', nobody, '--api', audience], 'tallystick clients list'],
    [['grants', 'create', '--client', client, '--api', 'https://x/'], 'tallystick apis list'],
    [['grants', 'show', 'cgr_0000000000000000'], 'tallystick grants list'],
  ]
  for (const [args, list] of cases) {
    const { exitCode, messages } = await here.tallystick(args)
    expect([args, exitCode, messages.split('\n')[2]]).toEqual([args, 3, expect.stringContaining(list)])
  }
})

test('what nobody may do is no question of who signs in', async () => {
  const { audience: management } = here.server.bootstrap.management
  const { exitCode, messages } = await here.tallystick(['apis', 'delete', management, '--yes'])
  expect(exitCode).toBe(4)
  expect(messages).toContain('cannot be changed or deleted')
  expect(messages).not.toContain('Sign in')
})

test('a value that is refused is named, without the pattern that it should match', async () => {
  const { exitCode, messages } = await here.tallystick(['apis', 'create', 'x', '--scope', 'a"b'])
  expect(exitCode).toBe(1)
  expect(messages).toContain('scopes.0.value')
  expect(messages).not.toMatch(/pattern|\\x/)
})

test('an API is created, changed by what is named alone, and listed', async () => {
  await here.ok(['apis', 'update', audience, '--add-scope', 'write', '--lifetime', '600'])
  const api = await here.json(['apis', 'show', audience])
  expect(api).toMatchObject({
    identifier: audience,
    signing_alg: 'ES256',
    token_lifetime: 600,
    scopes: [{ value: 'read', description: 'Read plans' }, { value: 'write' }],
  })
  const { output } = await here.ok(['apis', 'list'])
  expect(output.split('\n')[0]).toMatch(/^IDENTIFIER +NAME +SCOPES +ALG +ID$/)
  expect(output).toContain(audience)
})

test('where the secret cannot be written to, no client is made', async () => {
  const link = join(here.folder, 'link')
  await symlink(join(here.folder, 'nowhere'), link)
  for (const out of ['/dev/null', link, here.folder]) {
    expect((await here.tallystick(['clients', 'create', 'unmade', '--out', out])).exitCode).toBe(2)
  }
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect(await here.idOfClient('unmade')).toBe('')
})

test('when writing fails after the client was made, its id and its secret are printed', async () => {
  const out = join(await here.file('plain', 'text'), 'below-a-file')
  const { exitCode, output } = await here.tallystick(['clients', 'create', 'printed', '--out', out])
  expect(exitCode).toBe(1)
  expect(output).toContain(await here.idOfClient('printed'))
  expect(output).toMatch(/^client_secret {2}tsk_client_\w+$/m)
})

test('a new secret is in the file of --out alone, which only its owner may read', async () => {
  const file = join(here.folder, 'plans.secret')
  const create = ['clients', 'create', 'plans', '--metadata', 'plan=gold', '--out', file]
  const { output, messages } = await here.ok(create)
  const secret = (await readFile(file, 'utf8')).trim()
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(secret).not.toBe('')
  expect(output + messages).not.toContain(secret)
  expect(await here.json(['clients', 'show', await here.idOfClient('plans')])).toMatchObject({
    client_metadata: { plan: 'gold' },
  })
})

test('a rotated secret ends the old one', async () => {
  const file = join(here.folder, 'plans.secret')
  const client = await here.idOfClient('plans')
  await here.ok(['grants', 'create', '--client', client, '--api', audience, '--scope', 'read'])
  expect((await here.tallystick(['clients', 'rotate-secret', client])).exitCode).toBe(2)
  const get = ['token', 'get', '--client', client, '--api', audience, '--secret-file', '-']
  const old = await readFile(file, 'utf8')
  await here.ok(['clients', 'rotate-secret', client, '--yes', '--out', file])
  expect((await here.tallystick(get, { input: old })).exitCode).toBe(4)
  await here.ok(get, { input: await readFile(file, 'utf8') })
})

test('a secret can change without a gap: with an overlap, or by a second one that is told apart from the first', async () => {
  const file = join(here.folder, 'plans.secret')
  const client = await here.idOfClient('plans')
  const get = ['token', 'get', '--client', client, '--api', audience, '--secret-file', '-']
  const old = await readFile(file, 'utf8')
  expect((await here.tallystick(['clients', 'rotate-secret', client, '--overlap', 'soon'])).exitCode).toBe(2)
  await here.ok(['clients', 'rotate-secret', client, '--overlap', '1h', '--out', file])
  await here.ok(get, { input: old })
  const list = ['clients', 'secrets', 'list', client]
  const [first, second] = (await here.ok([...list, '--ids'])).output.split('\n')
  expect((await here.ok(list)).output).toMatch(new RegExp(`^${second} +never +never +never used`, 'm'))
  await here.ok(get, { input: await readFile(file, 'utf8') })
  expect((await here.ok(list)).output).toMatch(
    new RegExp(`^${first} .*can go: ${second} is in use instead`, 'm'),
  )
  const misspelt = await here.tallystick(['clients', 'secrets', 'delete', client, `${first}x`, '--yes'])
  expect([misspelt.exitCode, misspelt.messages]).toEqual([3, expect.stringContaining('secrets list')])
  expect((await here.tallystick(get, { input: old })).exitCode).toBe(0)
  await here.ok(['clients', 'secrets', 'delete', client, String(first), '--yes'])
  expect((await here.tallystick(get, { input: old })).exitCode).toBe(4)

  const create = ['clients', 'secrets', 'create', client, '--name', 'green']
  const made = await here.ok([...create, '--expires-at', '2099-01-01T00:00:00Z', '--out', file])
  const secret = (await readFile(file, 'utf8')).trim()
  expect(made.output + made.messages).not.toContain(secret)
  await here.ok(get, { input: secret })
  const third = await here.tallystick(create)
  expect([third.exitCode, third.messages]).toEqual([
    5,
    expect.stringContaining('The client has 2 live secrets'),
  ])
  const [, id] = (await here.ok([...list, '--ids'])).output.split('\n')
  const changed = await here.json(['clients', 'secrets', 'update', client, String(id), '--never-expires'])
  expect(changed).toEqual(expect.not.objectContaining({ expires_at: expect.anything() }))
})

test('a change that names nothing ends with 2, whatever was to be changed', async () => {
  const client = await here.idOfClient('plans')
  const updates = [
    ['clients', 'update', client],
    ['clients', 'secrets', 'update', client, 'sec_of_no_matter'],
    ['apis', 'update', audience],
    ['settings', 'update'],
  ]
  for (const update of updates) {
    const { exitCode, messages } = await here.tallystick(update)
    expect([update, exitCode, messages]).toEqual([update, 2, expect.stringContaining('nothing to change')])
  }
})

test('of several that are to be deleted, none is while one of them is not there', async () => {
  const client = await here.idOfClient('plans')
  expect((await here.tallystick(['clients', 'delete', client, 'nobody', '--yes'])).exitCode).toBe(3)
  await here.ok(['clients', 'show', client])
})

test('everything can be deleted, and a deletion prints no blank line', async () => {
  const { output } = await here.ok(['clients', 'delete', await here.idOfClient('plans'), '--yes'])
  expect(output).toBe('')
  await here.ok(['apis', 'delete', audience, '--yes'])
  expect((await here.tallystick(['apis', 'show', audience])).exitCode).toBe(3)
})
