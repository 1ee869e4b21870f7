/** Parameters, Authorization headers and methods at the token endpoint are read to the letter, or refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RawTokenRequests, startRawTokenRequests } from '../../test/raw-token-requests.ts'

const basic = (pair: string | Uint8Array) => ({
  authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
})

let asked: RawTokenRequests
beforeAll(async () => {
  asked = await startRawTokenRequests()
})
afterAll(() => asked.world.close())

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
    await asked.expectRefusal({ path: `/oauth/token?${name}=x` }, 400, 'invalid_request')
    const moved = asked.right
      .split('&')
      .filter((pair) => !pair.startsWith(`${name}=`))
      .join('&')
    const found = asked.right.split('&').find((pair) => pair.startsWith(`${name}=`)) ?? `${name}=`
    await asked.expectRefusal({ path: `/oauth/token?${found}`, body: moved }, 400, 'invalid_request')
    const { logs } = await asked.world.mine.connectionWith(['read:logs'])
    expect(JSON.stringify(await logs.list({ per_page: 2 }))).not.toContain(asked.secret)
  })

  test('that is unknown may stand in the URL once, and not twice', async () => {
    expect((await asked.send({ path: '/oauth/token?x=1&y=2' })).status).toBe(200)
    await asked.expectRefusal({ path: '/oauth/token?x=1&x=1' }, 400, 'invalid_request')
  })

  test('is sent once, however its name is written, known or not, empty or not', async () => {
    for (const again of ['%73cope=&scope=read:x', 'scope=&scope=', 'x=1&%78=2', `client%5Fid=${asked.id}`]) {
      await asked.expectRefusal({ body: `${asked.right}&${again}` }, 400, 'invalid_request')
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
    await asked.expectRefusal({ body: `${asked.right}&scope=${encodeURIComponent(scope)}` }, 400, error)
  })

  test('scope as raw bytes beyond ASCII is refused like its encoding', async () => {
    await asked.expectRefusal({ body: `${asked.right}&scope=é` }, 400, 'invalid_scope')
  })

  test('client_id of 60,000 characters is refused like any unknown one', async () => {
    const body = `${asked.withoutClient}&client_id=${'a'.repeat(60_000)}&client_secret=x`
    await asked.expectRefusal({ body }, 401, 'invalid_client')
  })
})

describe('an Authorization header', () => {
  const refused: [what: string, headers: () => Record<string, string>, status: number, error: string][] = [
    ['of another scheme', () => ({ authorization: `Bearer ${asked.secret}` }), 401, 'invalid_client'],
    [
      'without a scheme',
      () => ({ authorization: Buffer.from(`${asked.id}:${asked.secret}`).toString('base64') }),
      401,
      'invalid_client',
    ],
    [
      'without padding',
      () => ({
        authorization: basic(`${asked.id}:${asked.secret.replace('t', '%74')}`).authorization.replace(
          /=+$/,
          '',
        ),
      }),
      401,
      'invalid_client',
    ],
    [
      'in base64url',
      () => ({ authorization: `Basic ${Buffer.from(`${asked.id}:??>`).toString('base64url')}` }),
      401,
      'invalid_client',
    ],
    [
      'with a space within',
      () => ({
        authorization: basic(`${asked.id}:${asked.secret}`).authorization.replace(/(.{20})$/, ' $1'),
      }),
      401,
      'invalid_client',
    ],
    [
      'with a tab behind the scheme',
      () => ({ authorization: basic(`${asked.id}:${asked.secret}`).authorization.replace(' ', '\t') }),
      401,
      'invalid_client',
    ],
    [
      'with a parameter behind',
      () => ({ authorization: `${basic(`${asked.id}:${asked.secret}`).authorization}, realm=x` }),
      401,
      'invalid_client',
    ],
    [
      'with stray bits in the last letter',
      () => ({ authorization: 'Basic YTpiYx==' }),
      401,
      'invalid_client',
    ],
    ['without a colon', () => basic(asked.id), 401, 'invalid_client'],
    ['without a client', () => basic(`:${asked.secret}`), 401, 'invalid_client'],
    ['without a secret', () => basic(`${asked.id}:`), 401, 'invalid_client'],
    ['with a space before the secret', () => basic(`${asked.id}: ${asked.secret}`), 401, 'invalid_client'],
    [
      'with a line break behind the secret',
      () => basic(`${asked.id}:${asked.secret}\n`),
      400,
      'invalid_request',
    ],
    ['with a zero byte', () => basic(`${asked.id}\u0000:${asked.secret}`), 400, 'invalid_request'],
    ['with a bare percent sign', () => basic('foo with %:foo with $'), 400, 'invalid_request'],
    [
      'with bytes that are no UTF-8',
      () => basic(Buffer.concat([Buffer.from(`${asked.id}:`), Buffer.from([0xff])])),
      400,
      'invalid_request',
    ],
    [
      'with a secret beyond ASCII that is not encoded',
      () => basic(`${asked.id}:pässword`),
      400,
      'invalid_request',
    ],
    ['with a secret beyond ASCII', () => basic(`${asked.id}:p%C3%A4ssword`), 401, 'invalid_client'],
  ]
  test.each(refused)('%s is refused', async (_what, headers, status, error) => {
    const sent = { body: asked.withoutClient, headers: headers() }
    await asked.expectRefusal(sent, status, error)
    const challenge = (await asked.send(sent)).headers['www-authenticate']
    if (status === 401) expect(challenge).toMatch(/^Basic realm="[^"]+", charset="UTF-8"$/)
    else expect(challenge).toBeUndefined()
  })

  test('that is empty is one, beside a secret in the body', async () => {
    await asked.expectRefusal({ headers: { authorization: '' } }, 400, 'invalid_request')
  })

  test('of Basic is taken in any case, with spaces behind the scheme, and with both halves encoded', async () => {
    const encoded = [asked.id, asked.secret].map((half) =>
      half.replaceAll(/[^0-9a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    for (const headers of [
      basic(`${asked.id}:${asked.secret}`),
      basic(encoded.join(':')),
      { authorization: basic(`${asked.id}:${asked.secret}`).authorization.replace('Basic ', 'bAsIc   ') },
    ]) {
      expect((await asked.send({ body: asked.withoutClient, headers })).status).toBe(200)
    }
  })
})

describe('a method', () => {
  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s is answered with 405 and what is allowed',
    async (method) => {
      const { status, headers } = await asked.send({ method, body: '', path: `/oauth/token?${asked.right}` })
      expect([status, headers.allow, headers['cache-control']]).toEqual([405, 'POST', 'no-store'])
    },
  )

  test('that nobody knows gets no token', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'QUERY']) {
      const { status, answer } = await asked.send({ method, body: '' })
      // TRACE is refused before it is looked where it goes.
      expect(method === 'TRACE' ? [400] : [404, 405, 501]).toContain(status)
      expect(answer).not.toHaveProperty('access_token')
    }
  })
})

test('an answer with a token is not stored, and says nothing of what runs here', async () => {
  const { status, headers, answer } = await asked.send({})
  expect([status, headers['cache-control'], headers.pragma]).toEqual([200, 'no-store', 'no-cache'])
  expect(headers['content-type']).toMatch(/^application\/json/)
  expect(headers).not.toHaveProperty('server')
  expect(headers).not.toHaveProperty('x-powered-by')
  expect(Object.keys(answer).toSorted()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
})
