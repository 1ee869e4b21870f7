import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

async function send(method: string, path: string, body: string | Uint8Array<ArrayBuffer> | undefined) {
  const response = await world.mine.fetch(`/api/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await world.mine.token()}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  return { status: response.status, message: text === '' ? '' : String(JSON.parse(text).message) }
}

test.each([
  '{',
  '[1',
  'name=x',
  '{"name":"x",}',
  '{"__proto__":{}}',
  '{"name":"x","constructor":{"prototype":1}}',
])(
  'what is no JSON, or would change what every object is, is refused without being quoted: %s',
  async (body) => {
    expect(await send('POST', '/clients', body)).toEqual({
      status: 400,
      message:
        'The body could not be read: it must be valid JSON, and without __proto__ or constructor members.',
    })
  },
)

test.each([
  ['names a member twice', '{"name":"x","name":"y"}'],
  ['names a member twice', '{"name":"x","n\\u0061me":"x"}'],
  ['names a member twice', '{"name":"x","client_metadata":{"a":"1","a":"2"}}'],
  ['holds half a character', '{"name":"\\ud800"}'],
  ['holds half a character', '{"name":"x","client_metadata":{"\\udc00":"1"}}'],
  ['is not UTF-8', Buffer.from('{"name":"\xff"}', 'latin1')],
])('what could not be told again as it was sent is refused: it %s', async (fault, body) => {
  expect(await send('POST', '/clients', body)).toEqual({
    status: 400,
    message: `The body could not be read: it ${fault}.`,
  })
})

test('a whole character by two escapes, and a byte order mark in front, are read', async () => {
  expect((await send('POST', '/clients', '\ufeff{"name":"\\ud83d\\ude00 \\\\ud800"}')).status).toBe(201)
})

test('a body that is nested very deep is told what is wrong with it, and not that it is no JSON', async () => {
  const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`
  expect(await send('POST', '/clients', `{"name":"\\ud83d\\ude00","client_metadata":${deep}}`)).toEqual({
    status: 400,
    message: "Payload validation error: 'Expected type object' on property client_metadata.",
  })
})

test('a body of another type is refused', async () => {
  expect(await send('POST', '/clients', '[]')).toEqual({
    status: 400,
    message: "Payload validation error: 'Expected type object'.",
  })
})

test('no body is no fault where none is needed, and is told where one is', async () => {
  const { client_id: id } = await world.mine.connection.clients.create({ name: 'one' })
  for (const body of [undefined, '', '{}', 'null']) {
    expect((await send('POST', `/clients/${id}/rotate-secret`, body)).status).toBe(200)
  }
  expect((await send('PATCH', `/clients/${id}`, '')).message).toContain('Expected type object')
  expect((await send('DELETE', `/clients/${id}`, undefined)).status).toBe(204)
})

test('a body of 1 MB is read and a larger one is not', async () => {
  const ofBytes = (bytes: number) => `{"name":"${'x'.repeat(bytes - 11)}"}`
  expect((await send('POST', '/clients', ofBytes(1_048_576))).message).toContain('on property name')
  expect((await send('POST', '/clients', ofBytes(1_048_577))).status).toBe(413)
})
