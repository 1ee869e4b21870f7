/**
 * Texts of a rule are cut where they are too long. A secret that lies across the cut does not look like one any more,
 * and must not be kept or shown for all that.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readExchangeRecord } from '../../test/exchange-records.ts'
import { startTestServer, type TestServer } from '../../test/test-server.ts'

const secret = 'q7Zä-across-the-cut-Kd93'
/** Its first letters are 4 characters and 5 bytes. */
const begins = secret.slice(0, 4)

const answering = createServer((request, response) => response.end(bodyOf[request.url ?? '']))
const bodyOf: Record<string, string> = {
  '/letters': 'x'.repeat(16_384 - 9) + secret,
  '/half-a-letter': 'x'.repeat(16_384 - 4) + secret,
  '/hexadecimal': 'x'.repeat(16_384 - 13) + Buffer.from(secret).toString('hex'),
}

let server: TestServer
beforeAll(async () => {
  await once(answering.listen(0, '127.0.0.1'), 'listening')
  server = await startTestServer({
    settings: { TALLYSTICK_RULE_EGRESS_PRIVATE: `127.0.0.1/32:${port()}` },
  })
  await server.management.tenantSettings.update({ egress: { allow: ['127.0.0.1'] } })
})
afterAll(async () => {
  answering.closeAllConnections()
  answering.close()
  await server.close()
})

function port(): number {
  const address = answering.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Runs a rule once; all that is kept of the exchange, as text. */
async function keptAfter(statements: string): Promise<string> {
  const source = `module.exports = async (client, scope, audience, context, cb) => {
    const secret = context.webtask.secrets.KEY
    const hex = Buffer.from(secret).toString('hex')
    ${statements}
    cb(null, { scope })
  }`
  await server.uploadRule({ source, secrets: { KEY: secret } })
  const id = (await server.requestToken()).headers.get('x-request-id') ?? ''
  return JSON.stringify([await server.management.logs.get(id), readExchangeRecord(server.dataDir, id)])
}

for (const [what, statements] of [
  ['the last line that fits', "console.log('x'.repeat(16384 - 9) + secret)"],
  ['the last line that fits, within a letter', "console.log('x'.repeat(16384 - 4) + secret)"],
  [
    'the last of many lines',
    "console.log('xxxxxxx'); for (let at = 0; at < 64; at++) console.log('x'.repeat(230) + secret)",
  ],
  ['the last line that fits, in hexadecimal', "console.log('x'.repeat(16384 - 13) + hex)"],
  ['the message of an exception', "throw new Error('x'.repeat(2000 - 9) + secret)"],
  ['the name of an exception', "throw { name: 'x'.repeat(100 - 9) + secret, message: 'no' }"],
  [
    'the reason why a result is no JSON',
    "const toJSON = () => { throw new Error('x'.repeat(2000 - 9) + secret) }; return cb(null, { toJSON })",
  ],
] as const) {
  test(`nothing is kept of a secret that lies across the end of ${what}`, async () => {
    const kept = await keptAfter(statements)
    expect(kept).toContain('xxxx')
    for (const half of [begins.slice(0, 3), Buffer.from(begins).toString('hex')])
      expect(kept).not.toContain(half)
  })
}

for (const path of Object.keys(bodyOf)) {
  test(`nothing is kept of a secret that lies across the end of a fetched answer’s head: ${path}`, async () => {
    const kept = await keptAfter(
      `await fetch('http://127.0.0.1:${port()}${path}').then((answer) => answer.text())`,
    )
    expect(kept).toContain('"bodyHead":"xxxx')
    for (const half of [begins.slice(0, 3), Buffer.from(begins).toString('hex')])
      expect(kept).not.toContain(half)
  })
}

test('a line and an answer that are not cut keep their last letter, also where a secret begins with it', async () => {
  bodyOf['/whole'] = 'the whole q'
  const kept = await keptAfter(`console.log('a line with a q')
    await fetch('http://127.0.0.1:${port()}/whole').then((answer) => answer.text())`)
  expect(kept).toContain('"a line with a q"')
  expect(kept).toContain('"bodyHead":"the whole q"')
})
