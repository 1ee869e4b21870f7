/** Each module and global that a program is offered, used for what rules use it for. */
import { createHmac, generateKeyPairSync, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nextRsaPair } from '../../test/rsa-pairs.ts'
import { startTestSandbox, type TestSandbox } from '../../test/sandbox/start-test-sandbox.ts'
import { builtinModules } from './builtin-modules.ts'

let tested: TestSandbox
beforeAll(async () => {
  tested = await startTestSandbox()
})
afterAll(() => tested.sandbox.close())

async function evaluate(body: string, input: unknown = {}): Promise<unknown> {
  const { outcome } = await tested.run(`module.exports = async (input) => { ${body} }`, { input })
  return outcome.kind === 'returned' ? outcome.rawValue : outcome
}

test('what is not there cannot be required, and says so as Node does', async () => {
  expect(
    await evaluate("try { require('fs') } catch (error) { return [error.code, error.message] }"),
  ).toEqual(['MODULE_NOT_FOUND', "Cannot find module 'fs'"])
})

test('every module can be required, with and without node: in front', async () => {
  for (const name of builtinModules) {
    const same = `return require('${name}') === require('node:${name}') && typeof require('${name}')`
    expect([name, await evaluate(same)]).toEqual([name, expect.stringMatching(/object|function/)])
  }
})

const answers: Record<string, [body: string, answer: unknown]> = {
  assert: ["try { require('assert').strictEqual(1, 2) } catch (e) { return e.code }", 'ERR_ASSERTION'],
  buffer: ["return require('buffer').Buffer.from('é').toString('base64')", 'w6k='],
  events: [
    "let n = 0; const e = new (require('events'))(); e.on('x', (d) => { n += d }); e.emit('x', 4); return n",
    4,
  ],
  path: ["return require('path').join('/a', '../b', 'c.js')", '/b/c.js'],
  punycode: ["return require('punycode').toASCII('mañana.com')", 'xn--maana-pta.com'],
  querystring: ["return require('querystring').stringify({ a: [1, 2], b: 'c d' })", 'a=1&a=2&b=c%20d'],
  stream: [
    "let t = ''; for await (const c of require('stream').Readable.from(['a', 'b'])) t += c; return t",
    'ab',
  ],
  string_decoder: [
    "const d = new (require('string_decoder').StringDecoder)('utf8'); return d.write(Buffer.from([0xc3])) + d.write(Buffer.from([0xa9]))",
    'é',
  ],
  timers: ["return await new Promise((r) => require('timers').setImmediate(r, 'now'))", 'now'],
  url: [
    "const { parse, URL } = require('url'); return [parse('http://a.b:1/c?d=e').port, new URL('../x', 'http://a.b/c/d').href]",
    ['1', 'http://a.b/x'],
  ],
  util: [
    "const u = require('util'); return [u.format('%s=%d', 'a', 1), await u.promisify((cb) => cb(null, 2))(), u.inspect({ a: { b: {} } })]",
    ['a=1', 2, '{ a: { b: {} } }'],
  ],
  process: [
    'return [process.env, await new Promise((r) => process.nextTick(r, 1)), process.platform]',
    [{}, 1, 'linux'],
  ],
  os: ["const { EOL, platform } = require('os'); return [EOL, platform()]", ['\n', 'linux']],
  tty: ["return require('tty').isatty(process.stderr.fd)", false],
  'URL and URLSearchParams': [
    "const u = new URL('https://x.y/p?a=1'); u.searchParams.append('b', 'ü &'); u.hash = 'h'; return [u.href, [...u.searchParams.keys()], new URLSearchParams({ q: 1 }).toString(), URL.canParse('::')]",
    ['https://x.y/p?a=1&b=%C3%BC+%26#h', ['a', 'b'], 'q=1', false],
  ],
  'atob, btoa, structuredClone': [
    "return [atob('aGk='), btoa('hi'), structuredClone(new Map([[1, new Date(0)]])).get(1).toISOString()]",
    ['hi', 'aGk=', '1970-01-01T00:00:00.000Z'],
  ],
  'TextEncoder and TextDecoder': [
    "return [[...new TextEncoder().encode('€')], new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))]",
    [[226, 130, 172], 'a'],
  ],
  AbortController: [
    "const c = new AbortController(); let seen; c.signal.addEventListener('abort', () => { seen = c.signal.reason.name }); c.abort(); return seen",
    'AbortError',
  ],
  'timers that are cleared': [
    'let n = 0; const t = setInterval(() => { n++ }, 2); await new Promise((r) => setTimeout(r, 25)); clearInterval(t); const at = n; await new Promise((r) => setTimeout(r, 15)); return [at > 1, n === at]',
    [true, true],
  ],
  'crypto.subtle': [
    "const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('k'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']); return Buffer.from(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode('d'))).toString('hex')",
    createHmac('sha256', 'k').update('d').digest('hex'),
  ],
  ciphers: [
    "const c = require('crypto'); const k = Buffer.alloc(32, 1), iv = Buffer.alloc(12, 2); const e = c.createCipheriv('aes-256-gcm', k, iv); const text = Buffer.concat([e.update('secret'), e.final()]); const d = c.createDecipheriv('aes-256-gcm', k, iv); d.setAuthTag(e.getAuthTag()); return d.update(text, null, 'utf8') + d.final('utf8')",
    'secret',
  ],
  // Each alone, and the costly one at a low cost: an invocation has 100 ms for all of its cryptography.
  pbkdf2: ["return require('crypto').pbkdf2Sync('p', 's', 1000, 8, 'sha256').toString('hex').length", 16],
  scrypt: ["return require('crypto').scryptSync('p', 's', 8, { N: 2048 }).length", 8],
  hkdf: ["return Buffer.from(require('crypto').hkdfSync('sha256', 'k', 's', 'i', 5)).length", 5],
}

for (const [name, [body, answer]] of Object.entries(answers)) {
  test(`${name} work as in Node`, async () => {
    expect(await evaluate(body)).toEqual(answer)
  })
}

test('signatures made inside are verified outside, with keys in PEM and as key objects', async () => {
  const rsa = nextRsaPair()
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = (key: typeof rsa.privateKey) => key.export({ format: 'pem', type: 'pkcs8' })
  const body = `const c = require('crypto')
    const ours = c.createSign('RSA-SHA256').update('data').sign(input.rsa, 'base64')
    const key = c.createPrivateKey(input.ec)
    const theirs = c.sign('sha256', Buffer.from('data'), { key, dsaEncoding: 'ieee-p1363' }).toString('base64')
    const checked = c.createVerify('RSA-SHA256').update('data').verify(c.createPublicKey(input.rsa), ours, 'base64')
    return [ours, theirs, checked, key.asymmetricKeyType, c.createPublicKey(key).export({ format: 'jwk' }).crv]`
  const found = await evaluate(body, { rsa: pem(rsa.privateKey), ec: pem(ec.privateKey) })
  if (!Array.isArray(found)) throw new Error(JSON.stringify(found))
  const data = Buffer.from('data')
  expect(verify('sha256', data, rsa.publicKey, Buffer.from(found[0], 'base64'))).toBe(true)
  const p1363 = { key: ec.publicKey, dsaEncoding: 'ieee-p1363' } as const
  expect(verify('sha256', data, p1363, Buffer.from(found[1], 'base64'))).toBe(true)
  expect(found.slice(2)).toEqual([true, 'ec', 'P-256'])
})

// OpenSSL asks for the password of a public key at the terminal of the server, and all rules of the process wait.
test('of a key behind a password a rule is told so, whatever kind of key it is', async () => {
  const body = `const c = require('crypto')
    const headers = 'Proc-Type: 4,ENCRYPTED\\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF'
    const pem = (label) => ['-----BEGIN ' + label + '-----', headers, '', 'AAAA', '-----END ' + label + '-----'].join('\\n')
    return ['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE', 'RSA PRIVATE KEY'].map((label) => {
      try { return c.createPublicKey(pem(label)) } catch (error) { return error.message }
    })`
  const words = 'Keys behind a passphrase are not offered to a rule.'
  expect(await evaluate(body)).toEqual([words, words, words, words])
})
