/** `tallystick logs` against a started server: what people and programs read of its entries. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BesideServer, startBesideServer } from './beside-server.ts'

let here: BesideServer
beforeAll(async () => {
  here = await startBesideServer()
  await here.server.requestToken()
  await here.server.requestToken({ scope: 'none-of-these' })
  await here.tallystick(['apis', 'create', 'x', '--scope', 'a"b'])
})
afterAll(() => here.close())

const longestLine = (output: string) => Math.max(...output.split('\n').map((line) => line.length))

test('an id that is not known is answered with how ids look and where they are listed', async () => {
  for (const id of ['abc', '01a206c2-0000-7000-8000-000000000000']) {
    const { exitCode, messages } = await here.tallystick(['logs', 'show', id])
    expect(exitCode).toBe(3)
    expect(messages).toMatch(/Do: +An id looks like [0-9a-f-]{36}.*tallystick logs list/)
  }
})

for (const limit of ['1001', '0', '-1', '1e3', 'all']) {
  test(`a list of ${limit} entries is refused before anything is sent, and the limits are told`, async () => {
    const { exitCode, messages } = await here.tallystick(['logs', 'list', `--limit=${limit}`], {
      env: { TALLYSTICK_URL: 'http://127.0.0.1:9' },
    })
    expect(exitCode).toBe(2)
    expect(messages).toMatch(/--limit.*from 1 to 1,000/)
  })
}

test('the longest list that may be asked for is given', async () => {
  expect(await here.json(['logs', 'list', '--limit', '1000'])).toContainEqual(
    expect.objectContaining({ type: 'fapi' }),
  )
})

test('the log tells of exchanges and of changes, and filters both', async () => {
  const exchanges = await here.json(['logs', 'list', '--type', 'seccft', '--limit', '2'])
  expect(exchanges).toMatchObject([{ type: 'seccft' }, { type: 'seccft' }])
  const [id = ''] = (await here.ok(['logs', 'list', '--type', 'fapi', '--ids'])).output.split('\n')
  const { output } = await here.ok(['logs', 'show', id])
  expect(output).toMatch(/^id +[0-9a-f-]{36}\n/)
  expect(output).toMatch(/^change +POST \/api\/v2\/resource-servers 400$/m)
})

test('a search narrows what the other options find, and one that is not understood says why', async () => {
  const search = ['--search', 'client_name:bill* OR type:fapi']
  expect(await here.json(['logs', 'list', ...search, '--type', 'seccft'])).toMatchObject([
    { type: 'seccft', client_name: 'billing' },
  ])
  const { exitCode, messages } = await here.tallystick(['logs', 'list', '-q', 'colour:red'])
  expect([exitCode, messages]).toEqual([
    expect.any(Number),
    expect.stringContaining('There is no field colour'),
  ])
  expect(exitCode).not.toBe(0)
})

test('the many scopes of an operator are counted, in a terminal and in a pipe', async () => {
  const [inTerminal, inPipe] = [
    await here.ok(['logs', 'list'], { isTerminal: true }),
    await here.ok(['logs', 'list']),
  ]
  for (const { output } of [inTerminal, inPipe]) expect(output).toMatch(/\[\S+ and \d+ more\]/)
})

test('no line of the list or the tail is longer than a terminal is wide, and all of it is in `show`', async () => {
  const listed = await here.ok(['logs', 'list'], { isTerminal: true })
  expect(longestLine(listed.output)).toBeLessThanOrEqual(160)
  const [id = ''] = (
    await here.ok(['logs', 'list', '--type', 'seccft', '--limit', '1', '--ids'])
  ).output.split('\n')
  const shown = (await here.ok(['logs', 'show', id])).output
  expect(shown).toContain('update:tenant_settings')
  expect(longestLine(shown)).toBeLessThanOrEqual(160)
})

test('a line of the tail is cut in a terminal', async () => {
  const tail = here.followTail([], (output) => output.includes('fapi'), true)
  await tail.connected
  await here.tallystick(['apis', 'delete', here.server.bootstrap.management.audience, '--yes'])
  const { output } = await tail.ended
  expect(output).toMatch(/: DELETE \/api\/v2\/resource-servers\/\S+… [0-9a-f-]{36}$/m)
  expect(longestLine(output)).toBeLessThanOrEqual(160)
})

test('durations are told in whole milliseconds', async () => {
  const { output } = await here.ok(['logs', 'list', '--type', 'seccft', '--ids'])
  const shown = await here.ok(['logs', 'show', output.split('\n')[0] ?? ''])
  expect(shown.output).toMatch(/^duration +(\d+|under 1) ms$/m)
})

test('a warning names what ends, when, and the request that used it', async () => {
  const { clientSecrets } = here.server.management
  const { id, secret = '' } = await here.server.createClient('ending', ['read'])
  const secretId = (await clientSecrets.list(id))[0]?.id ?? ''
  const expires_at = new Date(Date.now() + 864_000_000).toISOString()
  await clientSecrets.update(id, secretId, { expires_at })
  const tail = here.followTail(['--client', id], (output) => output.includes(' ends at '))
  await tail.connected
  const used = await here.server.requestToken({ client_id: id, client_secret: secret })
  expect((await tail.ended).output).toMatch(new RegExp(`w +ending: The secret ${secretId}, which was used`))
  const list = ['logs', 'list', '--type', 'w', '--client', id]
  expect((await here.ok(list)).output).toContain(`ends at ${expires_at}.`)
  const shown = await here.ok(['logs', 'show', (await here.ok([...list, '--ids'])).output.trim()])
  expect(shown.output).toMatch(new RegExp(`^credential +${secretId}  client_secret$`, 'm'))
  expect(shown.output).toMatch(new RegExp(`^ends +${expires_at}$`, 'm'))
  expect(shown.output).toMatch(new RegExp(`^request +${used.headers.get('x-request-id')}$`, 'm'))
})
