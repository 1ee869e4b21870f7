/** Clients that publish their keys themselves (`jwks_uri`), through the real door and over a real connection. */
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { type Algorithm, createKeyPair, type KeyPair, signAssertion } from './assertion-client.ts'
import { expectRefusal, issuer, now, pass, present, useAssertionDoor } from './assertion-door.ts'
import { type KeyPublisher, startKeyPublisher } from './key-publisher.ts'
import { startWatch } from './own-time.ts'
import { invoices } from './test-server.ts'

let publisher: KeyPublisher
const canary = createServer()
let canaryConnections = 0
canary.on('connection', (socket) => {
  canaryConnections += 1
  socket.destroy()
})

const door = useAssertionDoor(async () => {
  publisher = await startKeyPublisher()
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
  return { TALLYSTICK_KEYS_PRIVATE: `127.0.0.1/32:${publisher.port},127.0.0.1/32:${portOfCanary()}` }
})
afterAll(async () => {
  await publisher.close()
  canary.close()
})

function portOfCanary(): number {
  const address = canary.address()
  return typeof address === 'object' && address ? address.port : 0
}

const one = createKeyPair('ES256')
const two = createKeyPair('ES256')

/** A client that may read invoices, with its keys at this path. */
async function createPublishingClient(path: string): Promise<string> {
  const { clients, clientGrants } = door().server.management
  const { client_id } = await clients.create({
    name: `with keys at ${path}`,
    client_authentication_methods: { private_key_jwt: { jwks_uri: publisher.url(path) } },
  })
  await clientGrants.create({ client_id, audience: invoices, scope: ['read'] })
  return client_id
}

function signed(clientId: string, key: KeyPair, kid?: string): Promise<string> {
  return signAssertion(key, { clientId, issuer, now: now() }, {}, kid === undefined ? {} : { kid })
}

async function statusOf(clientId: string, key: KeyPair, kid?: string): Promise<number> {
  return (await present(await signed(clientId, key, kid))).status
}

test.each<Algorithm>(['RS256', 'PS256', 'ES256', 'EdDSA'])(
  'a published key of %s proves its client',
  async (alg) => {
    const path = `/each-${alg}`
    const key = createKeyPair(alg)
    publisher.publish(path, [
      { ...key, kid: 'k', more: { alg, use: 'sig' } },
      { ...one, kid: 'other' },
    ])
    const id = await createPublishingClient(path)
    expect([await statusOf(id, key, 'k'), await statusOf(id, one, 'other')]).toEqual([200, 200])
    await expectRefusal(await signed(id, key, 'other'))
    await expectRefusal(await signed(id, two, 'k'))
    expect(publisher.timesAsked(path)).toBe(1)
  },
)

test('a key that names another algorithm than the assertion is refused', async () => {
  const key = createKeyPair('RS256')
  publisher.publish('/alg', [{ ...key, kid: 'k', more: { alg: 'PS256' } }])
  const id = await createPublishingClient('/alg')
  await expectRefusal(await signed(id, key, 'k'))
  expect(await statusOf(id, { ...key, algorithm: 'PS256' }, 'k')).toBe(200)
})

test('an assertion without a kid is good where one key fits it, and refused where several would', async () => {
  publisher.publish('/unnamed', [one])
  const id = await createPublishingClient('/unnamed')
  expect(await statusOf(id, one)).toBe(200)
  publisher.publish('/unnamed', [
    { ...one, kid: 'one' },
    { ...two, kid: 'two' },
  ])
  pass(301)
  await expectRefusal(await signed(id, one))
  expect(await statusOf(id, two, 'two')).toBe(200)
})

test('a client that turns to a new key is known by it at once, and not by the old one once the copy is old', async () => {
  publisher.publish('/turning', [{ ...one, kid: 'one' }], { 'cache-control': 'max-age=120' })
  const id = await createPublishingClient('/turning')
  expect(await statusOf(id, one, 'one')).toBe(200)
  publisher.publish('/turning', [
    { ...one, kid: 'one' },
    { ...two, kid: 'two' },
  ])
  expect([await statusOf(id, two, 'two'), await statusOf(id, one, 'one')]).toEqual([200, 200])
  expect(publisher.timesAsked('/turning')).toBe(2)
  publisher.publish('/turning', [{ ...two, kid: 'two' }])
  pass(301)
  await expectRefusal(await signed(id, one, 'one'))
  expect(await statusOf(id, two, 'two')).toBe(200)
})

test('neither a private key in the set nor one of two with the same kid proves anyone, nor an HMAC', async () => {
  publisher.publish('/unfit', [
    { ...one, kid: 'private', more: one.privateKey.export({ format: 'jwk' }) },
    { ...one, kid: 'twice' },
    { ...two, kid: 'twice' },
    { ...two, kid: 'good' },
  ])
  const id = await createPublishingClient('/unfit')
  for (const [key, kid] of [
    [one, 'private'],
    [one, 'twice'],
    [two, 'twice'],
  ] as const) {
    await expectRefusal(await signed(id, key, kid))
  }
  expect(await statusOf(id, two, 'good')).toBe(200)
})

test('what cannot be taken for a key set is refused in time, and the log tells why', async () => {
  const elsewhere = `http://127.0.0.1:${portOfCanary()}/keys`
  const json = { 'content-type': 'application/json' }
  const keys = JSON.stringify({ keys: [{ ...one.publicKey.export({ format: 'jwk' }), kid: 'k' }] })
  const bad: [path: string, why: string, answer: Parameters<KeyPublisher['answer']>[1]][] = [
    ['/missing', 'status 404', (response) => response.writeHead(404, json).end(keys)],
    ['/failing', 'status 500', (response) => response.writeHead(500, json).end(keys)],
    [
      '/moved',
      'status 302',
      (response) => response.writeHead(302, { ...json, location: elsewhere }).end(keys),
    ],
    [
      '/page',
      'no JSON by its content type',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(keys),
    ],
    [
      '/large',
      'larger than 65536 bytes',
      (response) => {
        response.writeHead(200, json)
        const chunk = ' '.repeat(1_000_000)
        for (let count = 0; count < 10; count += 1) response.write(chunk)
        response.end(keys)
      },
    ],
    [
      '/slow',
      'within 4 seconds',
      async (response) => {
        response.writeHead(200, json)
        for (const byte of keys) {
          if (response.destroyed) return
          response.write(byte)
          await delay(1000)
        }
      },
    ],
    ['/silent', 'within 4 seconds', () => {}],
    [
      '/cut',
      'could not be reached',
      (response) => {
        response.writeHead(200, { ...json, 'content-length': '1000' })
        response.write(keys, () => response.destroy())
      },
    ],
    ['/text', 'no JSON', (response) => response.writeHead(200, json).end('{"keys":')],
    ['/list', 'no key set', (response) => response.writeHead(200, json).end('[]')],
    [
      '/many',
      'more than 50 keys',
      (response) => response.writeHead(200, json).end(JSON.stringify({ keys: Array(51).fill({}) })),
    ],
    [
      '/zipped',
      'is encoded',
      (response) => response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(keys),
    ],
  ]
  const clients = new Map<string, string>()
  for (const [path, , answer] of bad) {
    publisher.answer(path, answer)
    clients.set(path, await createPublishingClient(path))
  }
  const sinceAsked = startWatch()
  await Promise.all(
    bad.map(async ([path, why]) => {
      const answer = await present(await signed(clients.get(path) ?? '', one, 'k'))
      expect([path, answer.status, answer.body.error]).toEqual([path, 401, 'invalid_client'])
      const entry = await door().server.management.logs.get(String(answer.headers.get('x-request-id')))
      expect(entry.description).toContain(why)
    }),
  )
  expect(sinceAsked()).toBeLessThan(15_000)
  expect(canaryConnections).toBe(0)
})

test('for an assertion that is not for this server, or of a client that may not have tokens, nothing is fetched', async () => {
  publisher.publish('/untouched', [{ ...one, kid: 'k' }])
  const id = await createPublishingClient('/untouched')
  const expected = { clientId: id, issuer, now: now() }
  await expectRefusal(await signAssertion(one, expected, { aud: 'https://other.example.com/' }, { kid: 'k' }))
  await expectRefusal(await signAssertion(one, expected, { exp: 1 }, { kid: 'k' }))
  await door().server.management.clients.update(id, { enabled: false })
  await expectRefusal(await signed(id, one, 'k'))
  await door().server.management.clients.update(id, {
    enabled: true,
    token_endpoint_auth_method: 'client_secret_post',
    client_authentication_methods: null,
  })
  await expectRefusal(await signed(id, one, 'k'))
  expect(publisher.timesAsked('/untouched')).toBe(0)
})

test('names of keys that do not exist make the set be fetched ten times and no more', async () => {
  publisher.publish('/guessed', [{ ...one, kid: 'k' }])
  const id = await createPublishingClient('/guessed')
  for (let count = 0; count < 14; count += 1) await expectRefusal(await signed(id, one, `guess ${count}`))
  expect(publisher.timesAsked('/guessed')).toBe(10)
  expect(await statusOf(id, one, 'k')).toBe(200)
})

test('a place that the operator of the host has not opened is not reached', async () => {
  const { clients } = door().server.management
  const listener = createServer((socket) => {
    canaryConnections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0
  // The name is resolved when it is fetched.
  const { client_id: id } = await clients.create({
    name: 'elsewhere',
    client_authentication_methods: { private_key_jwt: { jwks_uri: `https://localhost:${port}/keys` } },
  })
  await expectRefusal(await signed(id, one, 'k'))
  expect(canaryConnections).toBe(0)
  await new Promise((resolve) => listener.close(resolve))
})

test('keys that cannot be fetched are warned of from then on, until they can', async () => {
  const path = '/in-trouble'
  const id = await createPublishingClient(path)
  const { warnings, clients } = door().server.management
  const warningsOf = async () => (await warnings.list()).filter(({ client_id }) => client_id === id)
  expect(await warningsOf()).toEqual([])
  const since = now().toISOString()
  for (const _ of [1, 2]) {
    expect(await statusOf(id, one, 'k')).toBe(401)
    expect(await warningsOf()).toMatchObject([
      { type: 'keys_unavailable', jwks_uri: publisher.url(path), since },
    ])
    pass(60)
  }
  expect((await warningsOf())[0]?.description).toContain(`cannot be fetched since ${since}. `)
  await clients.update(id, { enabled: false })
  expect(await warningsOf()).toEqual([])
  await clients.update(id, { enabled: true })
  publisher.publish(path, [{ ...one, kid: 'k' }])
  expect(await statusOf(id, one, 'k')).toBe(200)
  expect(await warningsOf()).toEqual([])
})
