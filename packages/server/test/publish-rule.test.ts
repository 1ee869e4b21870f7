/** The walk of an upload: from `wt create` to a version, which the next token request runs. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.close())

const claim = 'https://foo.com/told'
const telling = (expression: string) =>
  `module.exports = (client, scope, audience, context, cb) => cb(null, { scope, '${claim}': ${expression} })`

async function told(): Promise<unknown> {
  return (await server.requestToken()).claims[claim]
}

async function theRule() {
  const [rule] = await server.management.rules.list()
  if (!rule) throw new Error('There is no rule.')
  return rule
}

test('an upload that does not compile is told its place, and changes nothing but the log', async () => {
  await server.uploadRule({ source: telling("'first'") })
  const response = await server.sendRule({ source: 'var one = 1\nfunction (\n' })
  expect(response.status).toBe(403)
  expect(await response.text()).toMatch(/does not compile: .*line 2, column \d+/)

  expect(await told()).toBe('first')
  expect(await server.management.rules.versions((await theRule()).id)).toHaveLength(1)
  const entry = await server.management.logs.get(String(response.headers.get('x-request-id')))
  expect(entry).toMatchObject({ type: 'fapi', details: { response: { statusCode: 403 } } })
})

test('a first upload that does not compile leaves no rule behind', async () => {
  expect((await server.sendRule({ source: 'function (' })).status).toBe(403)
  expect(await server.management.rules.list()).toEqual([])
  expect((await server.requestToken()).status).toBe(200)
})

test('the answer carries the id of the one log entry that tells of the new version', async () => {
  await server.uploadRule({ source: telling('1') })
  const response = await server.sendRule({ source: telling('2') })
  expect(response.status).toBe(200)
  const { logs } = await server.management.logs.list({ q: 'type:sapi' })
  const ofUploads = logs.filter(({ description }) => description.startsWith('Rule rule was uploaded'))
  expect(ofUploads.map(({ description }) => description)).toEqual([
    'Rule rule was uploaded with wt as version 2.',
    'Rule rule was uploaded with wt as version 1.',
  ])
  expect(ofUploads[0]?.log_id).toBe(response.headers.get('x-request-id'))
})

test('versions are listed newest first, each with the code it was made of, and one is active', async () => {
  const sources = ['1', '2', '3'].map(telling)
  for (const source of sources) await server.uploadRule({ source })
  const { id } = await theRule()
  const versions = await server.management.rules.versions(id)
  expect(versions.map(({ number, active }) => [number, active])).toEqual([
    [3, true],
    [2, false],
    [1, false],
  ])
  const codes = await Promise.all(
    versions.map(async (version) => (await server.management.rules.version(id, version.id)).code),
  )
  expect(codes).toEqual(sources.toReversed())
})

test('a secret reaches the rule, and is told by its name alone', async () => {
  const secrets = { KEY: 'a-value-to-keep' }
  await server.uploadRule({ source: telling('context.webtask.secrets.KEY.length'), secrets })
  expect(await told()).toBe(secrets.KEY.length)
  const { id, version } = await theRule()
  expect(version.secrets).toEqual(['KEY'])
  const seen = [await server.management.rules.get(id), await server.management.logs.list()]
  expect(JSON.stringify(seen)).not.toContain(secrets.KEY)
})

test('a secret that was changed reaches the rule, and is masked, from the next request on', async () => {
  const upload = (expression: string, key: string) =>
    server.uploadRule({ source: telling(expression), secrets: { KEY: key } })
  await upload('context.webtask.secrets.KEY.length', 'a-first-value')
  expect(await told()).toBe('a-first-value'.length)
  await upload('context.webtask.secrets.KEY.length', 'a-value-that-came-later')
  expect(await told()).toBe('a-value-that-came-later'.length)
  await upload('(() => { throw new Error(context.webtask.secrets.KEY) })()', 'a-value-that-came-last')
  await server.requestToken()
  const { logs } = await server.management.logs.list({ q: 'type:feccft' })
  expect(JSON.stringify(logs)).toContain('[secret]')
  expect(JSON.stringify(logs)).not.toContain('a-value-that-came-last')
})

test('an exchange ends with the version it began with, and the next one runs the new version', async () => {
  const lines = await server.followLines()
  await server.uploadRule({
    source: `module.exports = (client, scope, audience, context, cb) => {
      console.log('begun'); setTimeout(() => cb(null, { scope, '${claim}': 'first' }), 3000)
    }`,
  })
  const begun = told()
  expect(await lines.nextEvent()).toMatchObject({ msg: 'begun', version: 1 })
  await server.uploadRule({ source: telling("'second'") })
  expect(await Promise.race([told(), begun])).toBe('second')
  expect(await begun).toBe('first')
  lines.leave()
})

test('while versions follow one another no exchange fails, and none goes back to an older one', async () => {
  await server.uploadRule({ source: telling('0') })
  const seen: unknown[] = []
  let uploading = true
  async function exchangeOnAndOn(): Promise<void> {
    while (uploading) seen.push(await told())
  }
  const exchanging = exchangeOnAndOn()
  try {
    for (let version = 1; version <= 8; version++) await server.uploadRule({ source: telling(`${version}`) })
  } finally {
    uploading = false
  }
  await exchanging
  expect(seen.every((value) => typeof value === 'number')).toBe(true)
  expect(seen).toEqual(seen.toSorted((left, right) => Number(left) - Number(right)))
  expect(await told()).toBe(8)
})

test('both doors lead to the same rule: what one uploads the other changes', async () => {
  await server.uploadRule({ source: telling("'by wt'") })
  const { id } = await theRule()
  await server.management.rules.update(id, { code: telling("'by the management API'") })
  expect(await told()).toBe('by the management API')
  await server.uploadRule({ source: telling("'by wt again'") })
  expect(await told()).toBe('by wt again')
  expect((await theRule()).version.number).toBe(3)
})
