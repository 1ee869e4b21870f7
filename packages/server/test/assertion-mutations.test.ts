/** Whatever is changed of a right assertion, by whoever saw it or guessed a key of it, proves nobody. */
import { createHmac, randomUUID, type webcrypto } from 'node:crypto'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createKeyPair } from './assertion-client.ts'
import {
  ecPair,
  expectRefusal,
  issuer,
  pair,
  pass,
  present,
  seconds,
  sign,
  useAssertionDoor,
} from './assertion-door.ts'

const canary = createServer((socket) => {
  canaryConnections += 1
  socket.destroy()
})
let canaryConnections = 0
const door = useAssertionDoor(async () => {
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
  // Even where the operator of the host has opened the way.
  return { TALLYSTICK_KEYS_PRIVATE: `127.0.0.1/32:${portOfCanary()}` }
})
afterAll(() => canary.close())

function portOfCanary(): number {
  const address = canary.address()
  return typeof address === 'object' && address ? address.port : 0
}

const encode = (text: string | Buffer) => Buffer.from(text).toString('base64url')

function rightClaims(clientId: string): string {
  const iat = seconds()
  return JSON.stringify({ iss: clientId, sub: clientId, aud: issuer, iat, exp: iat + 60, jti: randomUUID() })
}

test('no text of a public key is a key of HMAC', async () => {
  for (const [{ publicKey }, clientId] of [
    [pair, door().clientId],
    [ecPair, door().ecClientId],
  ] as const) {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const jwk = publicKey.export({ format: 'jwk' })
    const texts = [
      pem,
      pem.trimEnd(),
      pem.replaceAll('\n', '\r\n'),
      publicKey.export({ type: 'spki', format: 'der' }),
      publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      JSON.stringify(jwk),
      JSON.stringify(sorted(jwk)),
      String(jwk.n ?? jwk.x),
      Buffer.from(String(jwk.n ?? jwk.x), 'base64url'),
      '',
    ]
    for (const [index, text] of texts.entries()) {
      const [alg, hash] = index % 2 === 0 ? (['HS256', 'sha256'] as const) : (['HS512', 'sha512'] as const)
      const input = `${encode(JSON.stringify({ alg }))}.${encode(rightClaims(clientId))}`
      await expectRefusal(`${input}.${createHmac(hash, text).update(input).digest('base64url')}`)
      pass(4)
    }
  }
})

function sorted(jwk: webcrypto.JsonWebKey): object {
  return Object.fromEntries(Object.entries(jwk).sort(([one], [other]) => (one < other ? -1 : 1)))
}

test('a key that an assertion names or brings is not looked at, and nothing is fetched for it', async () => {
  const attacker = createKeyPair('RS256')
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  const place = `http://127.0.0.1:${portOfCanary()}/keys`
  const headers = [
    { jwk },
    { jwk, kid: 'mine' },
    { jku: place },
    { jku: place, kid: 'mine' },
    { x5u: place },
    { x5c: [attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
    { 'x5t#S256': 'AAAA', x5u: place, jku: place, jwk },
    { kid: place },
    { iss: place },
  ]
  for (const header of headers) await expectRefusal(await sign({}, header, attacker))
  for (const claims of [{ jku: place }, { jwks_uri: place }, { iss: place, sub: place }, { aud: place }]) {
    await expectRefusal(await sign({ ...claims, more: '' }, {}, attacker))
  }
  expect(canaryConnections).toBe(0)
})

const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('', 'none', 0, -1, 1e308, null, [], {}))
const member = fc.constantFrom(
  'alg',
  'typ',
  'kid',
  'crit',
  'b64',
  'jwk',
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
)
const place = fc.nat({ max: 5000 })
const piece = fc.constantFrom(
  '.',
  '=',
  '-',
  '_',
  '+',
  '/',
  ' ',
  '\n',
  '%2E',
  'A',
  'Q',
  '\u0000',
  'é',
  '"',
  '{',
)
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('bit' as const), part: fc.nat({ max: 2 }), place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('insert' as const), place, piece }),
  fc.record({ kind: fc.constant('replace' as const), place, piece }),
  fc.record({ kind: fc.constant('cut' as const), place, length: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant('member' as const), part: fc.nat({ max: 1 }), member, value }),
  fc.record({ kind: fc.constant('remove' as const), part: fc.nat({ max: 1 }), member }),
  fc.record({ kind: fc.constant('twice' as const), part: fc.nat({ max: 1 }), member, value }),
  fc.record({ kind: fc.constant('swap' as const), part: fc.nat({ max: 2 }) }),
)
type Mutation = typeof mutation extends fc.Arbitrary<infer One> ? One : never

function mutate(jwt: string, other: string, one: Mutation): string {
  const at = 'place' in one ? one.place % jwt.length : 0
  if (one.kind === 'insert') return jwt.slice(0, at) + one.piece + jwt.slice(at)
  if (one.kind === 'replace') return jwt.slice(0, at) + one.piece + jwt.slice(at + 1)
  if (one.kind === 'cut') return jwt.slice(0, at) + jwt.slice(at + one.length)
  const parts = jwt.split('.')
  const bytes = Buffer.from(parts[one.part] ?? '', 'base64url')
  parts[one.part] = one.kind === 'swap' ? (other.split('.')[one.part] ?? '') : encode(mutatePart(bytes, one))
  return parts.join('.')
}

function mutatePart(
  bytes: Buffer,
  one: Exclude<Mutation, { kind: 'insert' | 'replace' | 'cut' | 'swap' }>,
): Buffer | string {
  if (one.kind === 'bit') {
    if (bytes.length === 0) return bytes
    const at = one.place % bytes.length
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << one.bit), at)
    return bytes
  }
  const members = membersOf(bytes)
  if (one.kind === 'remove') delete members[one.member]
  if (one.kind === 'member') members[one.member] = one.value
  if (one.kind !== 'twice') return JSON.stringify(members)
  return `${bytes.toString().slice(0, -1)},${JSON.stringify(one.member)}:${JSON.stringify(one.value)}}`
}

/** None where an earlier mutation left no JSON. */
function membersOf(bytes: Buffer): Record<string, unknown> {
  try {
    return { ...Object(JSON.parse(bytes.toString())) }
  } catch {
    return {}
  }
}

// A failure prints its seed and path: `fc.assert(…, { seed, path })` runs it again.
test('nothing that was made of a right assertion is one, and what it was made of stays good', async () => {
  const key = { clientId: door().ecClientId, pair: ecPair }
  const signed = () =>
    sign({ iss: key.clientId, sub: key.clientId }, { typ: 'JWT', kid: undefined }, key.pair)
  const spare = await signed()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      // Few enough a minute not to be held up for guessing.
      pass(4)
      const jwt = await signed()
      const mutated = mutations.reduce((text, one) => mutate(text, spare, one), jwt)
      fc.pre(mutated !== jwt && mutated !== spare)
      const { status, body } = await present(mutated)
      expect([
        [401, 'invalid_client'],
        [400, 'invalid_request'],
      ]).toContainEqual([status, body.error])
      runs += 1
      if (runs % 20 === 0) expect((await present(jwt)).status).toBe(200)
    }),
    { numRuns: 400 },
  )
})
