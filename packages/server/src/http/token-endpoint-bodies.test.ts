/** What a body of a token request may be, and what is refused instead of guessed at. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  formType,
  type RawRequest,
  type RawTokenRequests,
  startRawTokenRequests,
} from '../../test/raw-token-requests.ts'

let asked: RawTokenRequests
beforeAll(async () => {
  asked = await startRawTokenRequests()
})
afterAll(() => asked.world.close())

describe('a body', () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
  const refused: [what: string, sent: () => RawRequest][] = [
    ['with a percent sign and no digits behind it', () => ({ body: `${asked.right}&x=100%` })],
    ['with a percent sign and one digit', () => ({ body: `${asked.right}&x=%4` })],
    ['with a percent sign and other letters', () => ({ body: `${asked.right}&x=%zz` })],
    ['with a broken percent-encoding in a name', () => ({ body: `${asked.right}&%=x` })],
    ['with percent-encoded bytes that are no UTF-8', () => ({ body: `${asked.right}&x=%ff%fe` })],
    ['with a percent-encoded surrogate', () => ({ body: `${asked.right}&x=%ed%a0%80` })],
    ['with an overlong percent-encoding', () => ({ body: `${asked.right}&x=%c0%af` })],
    ['with bytes that are no UTF-8', () => ({ body: bytes(asked.right, '&x=', [0xff, 0xfe]) })],
    ['in UTF-16', () => ({ body: Buffer.from(asked.right, 'utf16le') })],
    ['that begins with a byte order mark', () => ({ body: `\ufeff${asked.right}` })],
    [
      'of JSON that begins with a byte order mark',
      () => ({ body: `\ufeff${asked.json}`, headers: { 'content-type': 'application/json' } }),
    ],
    [
      'of JSON that is no UTF-8',
      () => ({
        body: bytes(asked.json.slice(0, -1), ',"x":"', [0xff], '"}'),
        headers: { 'content-type': 'application/json' },
      }),
    ],
    [
      'of JSON with a member that stands twice',
      () => ({
        body: `${asked.json.slice(0, -1)},"client_id":"${asked.id}"}`,
        headers: { 'content-type': 'application/json' },
      }),
    ],
    [
      'of JSON with a member that stands twice, once escaped',
      () => ({
        body: `${asked.json.slice(0, -1)},"\\u0073cope":"read:x","scope":"read:x"}`,
        headers: { 'content-type': 'application/json' },
      }),
    ],
    [
      'of JSON with a member that stands twice further in',
      () => ({
        body: `${asked.json.slice(0, -1)},"x":{"a":1,"a":2}}`,
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
      () => ({ body: asked.json, headers: { 'content-type': 'application/json; charset=utf-16' } }),
    ],
    ['that says it is gzip', () => ({ headers: { 'content-encoding': 'gzip' } })],
    ['that says it is nothing and gzip', () => ({ headers: { 'content-encoding': ['identity', 'gzip'] } })],
    ['of two types', () => ({ headers: { 'content-type': [formType, 'application/json'] } })],
    ['of a type that only begins like ours', () => ({ headers: { 'content-type': `${formType}x` } })],
    ['of several parts', () => ({ headers: { 'content-type': 'multipart/form-data; boundary=x' } })],
    ['of no type', () => ({ headers: { 'content-type': '' } })],
    ['whose first name begins with a question mark', () => ({ body: `?${asked.right}` })],
  ]
  test.each(refused)('%s is refused with invalid_request', async (_what, sent) => {
    await asked.expectRefusal(sent(), 400, 'invalid_request')
  })

  const taken: [what: string, sent: () => RawRequest][] = [
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
      () => ({ body: asked.json, headers: { 'content-type': 'application/json; charset=utf-8' } }),
    ],
    ['that says it is not encoded', () => ({ headers: { 'content-encoding': 'identity' } })],
    ['with empty pieces, empty names and names without a value', () => ({ body: `&&${asked.right}&=&x&` })],
    [
      'with unknown parameters of any characters',
      () => ({ body: `${asked.right}&x=%00%e2%82%ac+%F0%9F%98%80` }),
    ],
    [
      'with every letter percent-encoded',
      () => ({ body: asked.right.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`) }),
    ],
  ]
  test.each(taken)('%s is taken', async (_what, sent) => {
    expect((await asked.send(sent())).status).toBe(200)
  })
})
