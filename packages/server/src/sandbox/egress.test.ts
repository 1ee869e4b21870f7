/** Fetches of programs against real listeners on loopback: nothing is reached that nobody granted. */
import { createServer, type Server } from 'node:http'
import type { LookupFunction } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestSandbox, testLimits } from '../../test/sandbox/start-test-sandbox.ts'
import { createEgress, type EgressAnswer, type EgressPolicy } from './egress.ts'

const hits: string[] = []
let listener: Server
let port: number

beforeAll(async () => {
  listener = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`)
    if (request.url === '/redirect') response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    else if (request.url === '/large') response.end('x'.repeat(50_000))
    else if (request.url === '/bomb')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(5e6)))
    else if (request.url === '/gzip')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'))
    else if (request.url === '/silent') return
    else {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () =>
        response
          .setHeader('x-seen', String(request.headers['x-mine']))
          .end(Buffer.concat(chunks).toString() || 'hello'),
      )
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => {
  listener.closeAllConnections()
  listener.close()
})

const refused = { error: "This address is not allowed for this tenant's rules." }

async function ask(
  url: string,
  {
    allow = [new URL(url).hostname],
    policy = {},
    withinMs = 20_000,
  }: { allow?: string[]; policy?: Partial<EgressPolicy>; withinMs?: number } = {},
): Promise<EgressAnswer> {
  const egress = createEgress(
    { privateCidrs: [{ cidr: '127.0.0.1/32', port }], ownListener: () => [], ...policy },
    10_000,
  )
  try {
    return await egress.fetch({ url, method: 'GET', headers: [], body: '' }, allow, withinMs)
  } finally {
    await egress.close()
  }
}

for (const host of [
  '127.0.0.1',
  '127.1',
  '0.0.0.0',
  'localhost',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '0x7f000001',
  '2130706433',
  '0177.0.0.1',
  '169.254.169.254',
  '[fd00:ec2::254]',
  '100.100.100.200',
  '10.0.0.1',
  '100.64.0.1',
  '192.168.0.1',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fe80::1]',
]) {
  test(`${host} is refused unless the operator grants it, even when the tenant lists it`, async () => {
    hits.length = 0
    expect(await ask(`http://${host}:${port}/`, { policy: { privateCidrs: [] } })).toEqual(refused)
    expect(hits).toEqual([])
  })
}

for (const address of ['169.254.169.254', '[fd00:ec2::254]', '0.0.0.0', '[64:ff9b::a9fe:a9fe]']) {
  test(`${address} is refused even when the operator grants everything`, async () => {
    const privateCidrs = [
      { cidr: '0.0.0.0/0', port: 80 },
      { cidr: '::/0', port: 80 },
    ]
    expect(await ask(`http://${address}/`, { policy: { privateCidrs } })).toEqual(refused)
  })
}

test('what the tenant does not list, other schemes and credentials in a URL are refused with the same words', async () => {
  hits.length = 0
  const at = `http://127.0.0.1:${port}`
  expect(await ask(`${at}/`, { allow: [] })).toEqual(refused)
  expect(await ask(`${at}/`, { allow: ['127.0.0.1:1'] })).toEqual(refused)
  expect(await ask(`http://user:word@127.0.0.1:${port}/`)).toEqual(refused)
  for (const url of [
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://127.0.0.1/',
    'http+unix://%2Ftmp%2Fx/',
    'nonsense',
  ]) {
    expect(await ask(url, { allow: ['127.0.0.1', ''] })).toEqual(refused)
  }
  expect(hits).toEqual([])
})

test('our own listener is refused, granted or not', async () => {
  const policy = { ownListener: () => [{ address: '0.0.0.0', port }] }
  expect(await ask(`http://127.0.0.1:${port}/`, { policy })).toEqual(refused)
})

test('a name is judged by the address it leads to at that moment', async () => {
  let asked = 0
  const answers = ['127.0.0.1', '10.1.2.3']
  const lookup: LookupFunction = (_name, _options, callback) => {
    callback(null, [{ address: answers[asked++ % 2] ?? '', family: 4 }])
  }
  const url = `http://rebinding.test:${port}/`
  expect(await ask(url, { policy: { lookup } })).toMatchObject({ status: 200 })
  expect(await ask(url, { policy: { lookup } })).toEqual(refused)
})

test('a redirect is returned and not followed', async () => {
  expect(await ask(`http://127.0.0.1:${port}/redirect`)).toMatchObject({ status: 302 })
})

test('answers are cut off at the limit, counted after decoding, and at the deadline', async () => {
  const at = `http://127.0.0.1:${port}`
  expect(await ask(`${at}/large`)).toEqual({ error: 'The answer is larger than 10000 bytes.' })
  expect(await ask(`${at}/bomb`)).toEqual({ error: 'The answer is larger than 10000 bytes.' })
  expect(await ask(`${at}/gzip`)).toMatchObject({ body: Buffer.from('unpacked') })
  expect(await ask(`${at}/silent`, { withinMs: 60 })).toEqual({
    error: 'There was no answer within the time of the invocation.',
  })
})

const granted = () => ({ egress: { privateCidrs: [{ cidr: '127.0.0.1', port }], ownListener: () => [] } })

test('a program fetches and posts, and each fetch is told', async () => {
  await using tested = await startTestSandbox(granted())
  const source = `module.exports = async ({ at }) => {
    const got = await fetch(at + '/a?b=1')
    const posted = await fetch(new URL('/p', at), { method: 'POST', headers: { 'x-mine': 'yes' }, body: JSON.stringify({ é: 1 }) })
    return [got.status, await got.text(), posted.headers.get('x-seen'), await posted.json()]
  }`
  const { outcome, fetches } = await tested.run(source, {
    input: { at: `http://127.0.0.1:${port}` },
    egressAllow: ['127.0.0.1'],
  })
  expect(outcome).toEqual({ kind: 'returned', rawValue: [200, 'hello', 'yes', { é: 1 }] })
  expect(fetches).toMatchObject([
    { method: 'GET', status: 200, bodyHead: 'hello', error: undefined },
    { method: 'POST', status: 200 },
  ])
  expect(fetches[0]?.bodySha256).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824')
})

test('https.get of old works over the same fetch, and a refusal tells nothing of the network', async () => {
  await using tested = await startTestSandbox(granted())
  const source = `module.exports = ({ at }, settle) => {
    require('http').get(at + '/a', (response) => {
      let text = ''
      response.on('data', (chunk) => { text += chunk })
      response.on('end', () => fetch('http://10.0.0.1/').catch((error) => settle([response.statusCode, text, error.message, error.cause.message])))
    })
  }`
  const { outcome } = await tested.run(source, {
    input: { at: `http://127.0.0.1:${port}` },
    egressAllow: [`127.0.0.1:${port}`, '10.0.0.1'],
  })
  expect(outcome).toEqual({ kind: 'returned', rawValue: [200, 'hello', 'fetch failed', refused.error] })
})

for (const [after, work] of [
  ['a loop', 'for (;;) {}'],
  ['30 ms of work', 'for (const until = Date.now() + 30; Date.now() < until; ); return 1'],
] as const) {
  test(`a program sent again because of ${after} after its fetch does not fetch twice`, async () => {
    // The loop must be stopped; the work must not.
    const timeoutMs = after === 'a loop' ? 2000 : testLimits.timeoutMs
    await using tested = await startTestSandbox({ ...granted(), limits: { ...testLimits, timeoutMs } })
    hits.length = 0
    const source = `module.exports = async ({ at }) => { console.log('asking'); await fetch(at + '/once'); ${work} }`
    const { outcome, resends, console } = await tested.run(source, {
      input: { at: `http://127.0.0.1:${port}` },
      egressAllow: ['127.0.0.1'],
    })
    expect(outcome.kind).toBe(after === 'a loop' ? 'timed_out' : 'returned')
    expect([resends, hits, console.length]).toEqual([1, ['GET /once'], 1])
  })
}
