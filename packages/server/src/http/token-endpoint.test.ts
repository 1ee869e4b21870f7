/** What is sent to the token endpoint is read to the letter, or refused: through the real door. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../test/two-tenants.ts'

const audience = 'https://invoices.example.com/'
let now = Date.now()
let world: TwoTenants
let id: string
let secret: string
beforeAll(async () => {
  world = await startTwoTenants({ now: () => new Date(now) })
  const { clients, clientGrants, resourceServers } = world.mine.connection
  await resourceServers.create({ identifier: audience, scopes: [{ value: 'read:x' }, { value: 'write:x' }] })
  const client = await clients.create({ name: 'strict' })
  id = client.client_id
  secret = String(client.client_secret)
  await clientGrants.create({ client_id: id, audience, scope: ['read:x', 'write:x'] })
})
afterAll(() => world.close())

interface Sent {
  readonly body?: string | Uint8Array
  readonly method?: string
  readonly path?: string
  /** Several of one name are sent one by one. */
  readonly headers?: Record<string, string | string[]>
}

const formType = 'application/x-www-form-urlencoded'
const right = () =>
  `grant_type=client_credentials&client_id=${id}&client_secret=${secret}&audience=${encodeURIComponent(audience)}`
const withoutClient = () => `grant_type=client_credentials&audience=${encodeURIComponent(audience)}`
const json = () =>
  JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: secret, audience })

/** Without a library that would mend what is wrong. Failures are counted for a minute; each request has one of its own. */
async function send({ body = right(), method = 'POST', path = '/oauth/token', headers = {} }: Sent) {
  now += 61_000
  const { origin } = world.mine.issuer
  const sent = httpRequest(new URL(path, origin), {
    method,
    headers: { 'content-type': formType, 'content-length': String(Buffer.byteLength(body)), ...headers },
  })
  sent.end(body)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('response', resolve).once('error', reject)
  const response = await promise
  const answer: Record<string, unknown> = Object(JSON.parse((await text(response)) || '{}'))
  return { status: response.statusCode, headers: response.headers, answer }
}

async function expectRefusal(sent: Sent, status: number, error: string): Promise<void> {
  const refused = await send(sent)
  expect([refused.status, refused.answer.error]).toEqual([status, error])
  expect(refused.answer.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  expect(refused.answer).not.toHaveProperty('access_token')
  expect(refused.headers['cache-control']).toBe('no-store')
  expect(refused.headers).not.toHaveProperty('server')
  expect(refused.headers).not.toHaveProperty('x-powered-by')
  expect(refused.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
}

const basic = (pair: string | Uint8Array) => ({
  authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
})

describe('a body', () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
  const refused: [what: string, sent: () => Sent][] = [
    ['with a percent sign and no digits behind it', () => ({ body: `${right()}&x=100%` })],
    ['with a percent sign and one digit', () => ({ body: `${right()}&x=%4` })],
    ['with a percent sign and other letters', () => ({ body: `${right()}&x=%zz` })],
    ['with a broken percent-encoding in a name', () => ({ body: `${right()}&%=x` })],
    ['with percent-encoded bytes that are no UTF-8', () => ({ body: `${right()}&x=%ff%fe` })],
    ['with a percent-encoded surrogate', () => ({ body: `${right()}&x=%ed%a0%80` })],
    ['with an overlong percent-encoding', () => ({ body: `${right()}&x=%c0%af` })],
    ['with bytes that are no UTF-8', () => ({ body: bytes(right(), '&x=', [0xff, 0xfe]) })],
    ['in UTF-16', () => ({ body: Buffer.from(right(), 'utf16le') })],
    ['that begins with a byte order mark', () => ({ body: `\ufeff${right()}` })],
    [
      'of JSON that begins with a byte order mark',
      () => ({ body: `\ufeff${json()}`, headers: { 'content-type': 'application/json' } }),
    ],
    [
      'of JSON that is no UTF-8',
      () => ({
        body: bytes(json().slice(0, -1), ',"x":"', [0xff], '"}'),
        headers: { 'content-type': 'application/json' },
      }),
    ],
    [
      'of JSON with a member that stands twice',
      () => ({
        body: `${json().slice(0, -1)},"client_id":"${id}"}`,
        headers: { 'content-type': 'application/json' },
      }),
    ],
    [
      'of JSON with a member that stands twice, once escaped',
      () => ({
        body: `${json().slice(0, -1)},"\\u0073cope":"read:x","scope":"read:x"}`,
        headers: { 'content-type': 'application/json' },
      }),
    ],
    [
      'of JSON with a member that stands twice further in',
      () => ({
        body: `${json().slice(0, -1)},"x":{"a":1,"a":2}}`,
        headers: { 'content-type': 'application/json' },
      }),
    ],
    ['that says it is Latin-1', () => ({ headers: { 'content-type': `${formType}; charset=iso-8859-1` } })],
    [
      'that says it is UTF-8 and something else',
      () => ({ headers: { 'content-type': `${formType};charset=utf-8;charset=utf-16` } }),
    ],
    [
      'whose type has parameters that nobody can read',
      () => ({ headers: { 'content-type': `${formType}; charset` } }),
    ],
    [
      'of JSON that says it is UTF-16',
      () => ({ body: json(), headers: { 'content-type': 'application/json; charset=utf-16' } }),
    ],
    ['that says it is gzip', () => ({ headers: { 'content-encoding': 'gzip' } })],
    ['that says it is nothing and gzip', () => ({ headers: { 'content-encoding': ['identity', 'gzip'] } })],
    ['of two types', () => ({ headers: { 'content-type': [formType, 'application/json'] } })],
    ['of a type that only begins like ours', () => ({ headers: { 'content-type': `${formType}x` } })],
    ['of several parts', () => ({ headers: { 'content-type': 'multipart/form-data; boundary=x' } })],
    ['of no type', () => ({ headers: { 'content-type': '' } })],
    ['whose first name begins with a question mark', () => ({ body: `?${right()}` })],
  ]
  test.each(refused)('%s is refused with invalid_request', async (_what, sent) => {
    await expectRefusal(sent(), 400, 'invalid_request')
  })

  const taken: [what: string, sent: () => Sent][] = [
    [
      'with charset UTF-8 without a space',
      () => ({ headers: { 'content-type': `${formType};charset=UTF-8` } }),
    ],
    [
      'with a quoted charset, spaces and an empty parameter',
      () => ({ headers: { 'content-type': `${formType} ; charset="utf-8" ;` } }),
    ],
    [
      'whose type is written in capitals and has an unknown parameter',
      () => ({ headers: { 'content-type': 'APPLICATION/X-WWW-FORM-URLENCODED; v=1' } }),
    ],
    [
      'of JSON with a charset',
      () => ({ body: json(), headers: { 'content-type': 'application/json; charset=utf-8' } }),
    ],
    ['that says it is not encoded', () => ({ headers: { 'content-encoding': 'identity' } })],
    ['with empty pieces, empty names and names without a value', () => ({ body: `&&${right()}&=&x&` })],
    ['with unknown parameters of any characters', () => ({ body: `${right()}&x=%00%e2%82%ac+%F0%9F%98%80` })],
    [
      'with every letter percent-encoded',
      () => ({ body: right().replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`) }),
    ],
  ]
  test.each(taken)('%s is taken', async (_what, sent) => {
    expect((await send(sent())).status).toBe(200)
  })
})

describe('a parameter', () => {
  const names = [
    'grant_type',
    'client_id',
    'client_secret',
    'client_assertion',
    'audience',
    'resource',
    'scope',
  ]
  test.each(names)('%s in the URL is refused, whatever the body says, and kept nowhere', async (name) => {
    await expectRefusal({ path: `/oauth/token?${name}=x` }, 400, 'invalid_request')
    const moved = right()
      .split('&')
      .filter((pair) => !pair.startsWith(`${name}=`))
      .join('&')
    const found =
      right()
        .split('&')
        .find((pair) => pair.startsWith(`${name}=`)) ?? `${name}=`
    await expectRefusal({ path: `/oauth/token?${found}`, body: moved }, 400, 'invalid_request')
    const { logs } = await world.mine.connectionWith(['read:logs'])
    expect(JSON.stringify(await logs.list({ per_page: 2 }))).not.toContain(secret)
  })

  test('that is unknown may stand in the URL once, and not twice', async () => {
    expect((await send({ path: '/oauth/token?x=1&y=2' })).status).toBe(200)
    await expectRefusal({ path: '/oauth/token?x=1&x=1' }, 400, 'invalid_request')
  })

  test('is sent once, however its name is written, known or not, empty or not', async () => {
    for (const again of ['%73cope=&scope=read:x', 'scope=&scope=', 'x=1&%78=2', `client%5Fid=${id}`]) {
      await expectRefusal({ body: `${right()}&${again}` }, 400, 'invalid_request')
    }
  })

  const scopes: [scope: string, error: string][] = [
    ['nope', 'invalid_scope'],
    ['read:x nope', 'invalid_scope'],
    ['read:x\nx', 'invalid_scope'],
    ['read:x\tx', 'invalid_scope'],
    [' read:x', 'invalid_scope'],
    ['read:x ', 'invalid_scope'],
    [' ', 'invalid_scope'],
    ['"', 'invalid_scope'],
    ['\\', 'invalid_scope'],
    ['é', 'invalid_scope'],
    ['\u0000', 'invalid_scope'],
    ['READ:X', 'invalid_scope'],
  ]
  test.each(scopes)('scope %j is refused with %s', async (scope, error) => {
    await expectRefusal({ body: `${right()}&scope=${encodeURIComponent(scope)}` }, 400, error)
  })

  test('scope as raw bytes beyond ASCII is refused like its encoding', async () => {
    await expectRefusal({ body: `${right()}&scope=é` }, 400, 'invalid_scope')
  })

  test('client_id of 60,000 characters is refused like any unknown one', async () => {
    const body = `${withoutClient()}&client_id=${'a'.repeat(60_000)}&client_secret=x`
    await expectRefusal({ body }, 401, 'invalid_client')
  })
})

describe('an Authorization header', () => {
  const refused: [what: string, headers: () => Record<string, string>, status: number, error: string][] = [
    ['of another scheme', () => ({ authorization: `Bearer ${secret}` }), 401, 'invalid_client'],
    [
      'without a scheme',
      () => ({ authorization: Buffer.from(`${id}:${secret}`).toString('base64') }),
      401,
      'invalid_client',
    ],
    [
      'without padding',
      () => ({
        authorization: basic(`${id}:${secret.replace('t', '%74')}`).authorization.replace(/=+$/, ''),
      }),
      401,
      'invalid_client',
    ],
    [
      'in base64url',
      () => ({ authorization: `Basic ${Buffer.from(`${id}:??>`).toString('base64url')}` }),
      401,
      'invalid_client',
    ],
    [
      'with a space within',
      () => ({ authorization: basic(`${id}:${secret}`).authorization.replace(/(.{20})$/, ' $1') }),
      401,
      'invalid_client',
    ],
    [
      'with a tab behind the scheme',
      () => ({ authorization: basic(`${id}:${secret}`).authorization.replace(' ', '\t') }),
      401,
      'invalid_client',
    ],
    [
      'with a parameter behind',
      () => ({ authorization: `${basic(`${id}:${secret}`).authorization}, realm=x` }),
      401,
      'invalid_client',
    ],
    [
      'with stray bits in the last letter',
      () => ({ authorization: 'Basic YTpiYx==' }),
      401,
      'invalid_client',
    ],
    ['without a colon', () => basic(id), 401, 'invalid_client'],
    ['without a client', () => basic(`:${secret}`), 401, 'invalid_client'],
    ['without a secret', () => basic(`${id}:`), 401, 'invalid_client'],
    ['with a space before the secret', () => basic(`${id}: ${secret}`), 401, 'invalid_client'],
    ['with a line break behind the secret', () => basic(`${id}:${secret}\n`), 400, 'invalid_request'],
    ['with a zero byte', () => basic(`${id}\u0000:${secret}`), 400, 'invalid_request'],
    ['with a bare percent sign', () => basic('foo with %:foo with $'), 400, 'invalid_request'],
    [
      'with bytes that are no UTF-8',
      () => basic(Buffer.concat([Buffer.from(`${id}:`), Buffer.from([0xff])])),
      400,
      'invalid_request',
    ],
    ['with a secret beyond ASCII that is not encoded', () => basic(`${id}:pässword`), 400, 'invalid_request'],
    ['with a secret beyond ASCII', () => basic(`${id}:p%C3%A4ssword`), 401, 'invalid_client'],
  ]
  test.each(refused)('%s is refused', async (_what, headers, status, error) => {
    const sent = { body: withoutClient(), headers: headers() }
    await expectRefusal(sent, status, error)
    const challenge = (await send(sent)).headers['www-authenticate']
    if (status === 401) expect(challenge).toMatch(/^Basic realm="[^"]+", charset="UTF-8"$/)
    else expect(challenge).toBeUndefined()
  })

  test('that is empty is one, beside a secret in the body', async () => {
    await expectRefusal({ headers: { authorization: '' } }, 400, 'invalid_request')
  })

  test('of Basic is taken in any case, with spaces behind the scheme, and with both halves encoded', async () => {
    const encoded = [id, secret].map((half) =>
      half.replaceAll(/[^0-9a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    for (const headers of [
      basic(`${id}:${secret}`),
      basic(encoded.join(':')),
      { authorization: basic(`${id}:${secret}`).authorization.replace('Basic ', 'bAsIc   ') },
    ]) {
      expect((await send({ body: withoutClient(), headers })).status).toBe(200)
    }
  })
})

describe('a method', () => {
  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s is answered with 405 and what is allowed',
    async (method) => {
      const { status, headers } = await send({ method, body: '', path: `/oauth/token?${right()}` })
      expect([status, headers.allow, headers['cache-control']]).toEqual([405, 'POST', 'no-store'])
    },
  )

  test('that nobody knows gets no token', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'QUERY']) {
      const { status, answer } = await send({ method, body: '' })
      // TRACE is refused before it is looked where it goes.
      expect(method === 'TRACE' ? [400] : [404, 405, 501]).toContain(status)
      expect(answer).not.toHaveProperty('access_token')
    }
  })
})

test('an answer with a token is not stored, and says nothing of what runs here', async () => {
  const { status, headers, answer } = await send({})
  expect([status, headers['cache-control'], headers.pragma]).toEqual([200, 'no-store', 'no-cache'])
  expect(headers['content-type']).toMatch(/^application\/json/)
  expect(headers).not.toHaveProperty('server')
  expect(headers).not.toHaveProperty('x-powered-by')
  expect(Object.keys(answer).toSorted()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
})
