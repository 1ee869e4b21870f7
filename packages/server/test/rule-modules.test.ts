/**
 * Packages of npm in rules: each is installed from the registry when the rule is deployed, and called when it runs.
 * The registry is that of this machine's npm.
 */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from './free-port.ts'
import { npmEnvironment } from './npm-environment.ts'
import { startServerProcess } from './server-process.ts'
import {
  credentialsOf,
  invoices,
  operatorConnection,
  readBootstrap,
  requestToken,
  startTestServer,
  type TestServer,
} from './test-server.ts'

interface Called {
  readonly dependencies: Readonly<Record<string, string>>
  /** The body of an async function; what it returns becomes a claim. */
  readonly body: string
  readonly answer: unknown
}

const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const keys = `const privatePem = ${JSON.stringify(rsa.privateKey)}, publicPem = ${JSON.stringify(rsa.publicKey)};`
const echoed = { method: 'POST', path: '/echo?a=1', type: 'application/json', body: '{"b":2}' }

const packages: Record<string, Called> = {
  lodash: {
    dependencies: { lodash: '4.17.21' },
    body: "return [require('lodash').chunk([1, 2, 3], 2), require('lodash/fp').map((n) => n + 1)([1])]",
    answer: [[[1, 2], [3]], [2]],
  },
  uuid: {
    dependencies: { uuid: '11.1.0' },
    body: "const { v4, v5, validate } = require('uuid'); return [validate(v4()), v4() === v4(), v5('example.com', v5.DNS)]",
    answer: [true, false, 'cfbff0d1-9375-5685-968c-48ce8b15ae17'],
  },
  ms: { dependencies: { ms: '2.1.3' }, body: "return require('ms')('2 days')", answer: 172_800_000 },
  jsonwebtoken: {
    dependencies: { jsonwebtoken: '9.0.2' },
    body: `${keys} const jwt = require('jsonwebtoken')
      const shared = jwt.sign({ a: 1 }, 'secret', { algorithm: 'HS256' })
      const signed = jwt.sign({ a: 2 }, privatePem, { algorithm: 'RS256' })
      let refused; try { jwt.verify(signed + 'x', publicPem) } catch (error) { refused = error.name }
      return [jwt.verify(shared, 'secret').a, jwt.verify(signed, publicPem, { algorithms: ['RS256'] }).a, refused]`,
    answer: [1, 2, 'JsonWebTokenError'],
  },
  jose: {
    dependencies: { jose: '6.1.0' },
    body: `${keys} const jose = require('jose')
      const sign = (a, alg, key) => new jose.SignJWT({ a }).setProtectedHeader({ alg }).sign(key)
      const read = async (jwt, key) => (await jose.jwtVerify(jwt, key)).payload.a
      const rsa = await read(await sign(1, 'RS256', await jose.importPKCS8(privatePem, 'RS256')), await jose.importSPKI(publicPem, 'RS256'))
      const pair = await jose.generateKeyPair('ES256')
      const ec = await read(await sign(2, 'ES256', pair.privateKey), pair.publicKey)
      const secret = new TextEncoder().encode('x'.repeat(32))
      return [rsa, ec, await read(await sign(3, 'HS256', secret), secret)]`,
    answer: [1, 2, 3],
  },
  axios: {
    dependencies: { axios: '1.13.2' },
    body: "return (await require('axios').post(url, { b: 2 })).data",
    answer: echoed,
  },
  'node-fetch': {
    dependencies: { 'node-fetch': '2.7.0' },
    body: `const fetch = require('node-fetch')
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"b":2}' })
      return JSON.parse(await answer.text())`,
    answer: echoed,
  },
  request: {
    dependencies: { request: '2.88.2' },
    body: `return new Promise((resolve, reject) => require('request')({ url, method: 'POST', json: { b: 2 } },
      (error, response, body) => error ? reject(error) : resolve(body)))`,
    answer: echoed,
  },
}

let listener: Server
let server: TestServer
const hooks = new Map<string, Promise<string>>()

beforeAll(async () => {
  listener = createServer(async (request, response) => {
    const chunks = await request.toArray()
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        method: request.method,
        path: request.url,
        type: request.headers['content-type'],
        body: Buffer.concat(chunks).toString(),
      }),
    )
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const { port } = listener.address() as AddressInfo
  server = await startTestServer({
    settings: {
      ...npmEnvironment(),
      TALLYSTICK_RULE_EGRESS_PRIVATE: `127.0.0.1/32:${port}`,
    },
  })
  await server.management.tenantSettings.update({ egress: { allow: [`127.0.0.1:${port}`] } })
  const url = `http://127.0.0.1:${port}/echo?a=1`
  for (const [name, called] of Object.entries(packages)) hooks.set(name, deploy(name, called, url))
  await Promise.allSettled(hooks.values())
})
afterAll(async () => {
  listener.closeAllConnections()
  listener.close()
  rmSync(server.dataDir, { recursive: true, force: true })
})

async function deploy(name: string, { dependencies, body }: Called, url: string): Promise<string> {
  const script = `const url = ${JSON.stringify(url)}
    async function answer() { ${body} }
    module.exports = (client, scope, audience, context, cb) =>
      answer().then((found) => cb(null, { scope, 'https://foo.com/answer': found }), cb)`
  const made = await server.management.hooks.create({
    name,
    script,
    dependencies,
    triggerId: 'credentials-exchange',
  })
  return made.id
}

/** The claim of the token that a request gets, or its refusal, while the Hook is the enabled one. */
async function answerOf(name: string): Promise<unknown> {
  await server.management.hooks.update((await hooks.get(name)) ?? '', { enabled: true })
  const { status, claims, body } = await server.requestToken()
  return status === 200 ? claims['https://foo.com/answer'] : body
}

for (const [name, { answer }] of Object.entries(packages)) {
  test(`${name} is installed when a rule is deployed, and does its work when the rule runs`, async () => {
    expect(await answerOf(name)).toEqual(answer)
  })
}

test('a webtask names its packages in its meta', async () => {
  await server.uploadRule({
    name: 'with-ms',
    source: `module.exports = (client, scope, audience, context, cb) =>
      cb(null, { scope, 'https://foo.com/webtask': require('ms')('1 min') })`,
    meta: { 'wt-node-dependencies': '{"ms":"2.1.3"}' },
  })
  expect((await server.requestToken()).claims['https://foo.com/webtask']).toBe(60_000)
})

test('once deployed, packages need no registry, also after a restart; deploying others says that it is gone', async () => {
  expect(await answerOf('lodash')).toEqual(packages.lodash?.answer)
  await server.stop()
  const closed = `http://127.0.0.1:${await findFreePort()}/`
  const restarted = await startServerProcess({
    dataDir: server.dataDir,
    port: await findFreePort(),
    settings: { ...npmEnvironment(), TALLYSTICK_NPM_REGISTRY: closed },
  })
  try {
    const asked = { ...credentialsOf(server.billing), audience: invoices }
    const { claims } = await requestToken(restarted.url, asked)
    expect(claims['https://foo.com/answer']).toEqual(packages.lodash?.answer)
    const { hooks } = await operatorConnection(restarted.url, readBootstrap(server.dataDir))
    const another = {
      name: 'another',
      script: "module.exports = require('ms')",
      dependencies: { ms: '2.1.2' },
      triggerId: 'credentials-exchange' as const,
    }
    await expect(hooks.create(another)).rejects.toMatchObject({
      message: expect.stringMatching(/registry of npm packages cannot be reached .*ms@2\.1\.2/),
    })
  } finally {
    await restarted.stop()
  }
})
