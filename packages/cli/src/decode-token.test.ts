import { expect, test } from 'vitest'
import { decodeToken, describeTimes } from './decode-token.ts'

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = `${part({ alg: 'RS256', typ: 'at+jwt' })}.${part({ iss: 'https://a.example/', exp: 120 })}.c2ln`

for (const text of ['', 'a.b', 'a.b.c', 'a.b.c.d.e', `${part([1])}.${part({})}.x`, `${part({})}.%%.x`]) {
  test(`what is no token is refused: ${JSON.stringify(text)}`, () => {
    expect(() => decodeToken(text)).toThrow(expect.objectContaining({ ending: 'usage' }))
  })
}

test('header and claims come out, with or without Bearer and a line feed', () => {
  const decoded = { header: { alg: 'RS256', typ: 'at+jwt' }, claims: { iss: 'https://a.example/', exp: 120 } }
  expect(decodeToken(token)).toEqual(decoded)
  expect(decodeToken(`Bearer ${token}\n`)).toEqual(decoded)
})

test('times are told as a date and as a distance from now', () => {
  const now = new Date('2026-11-23T12:00:00Z')
  const seconds = now.getTime() / 1000
  expect(describeTimes({ iat: seconds - 5, exp: seconds + 86_400, nbf: 'soon' }, now)).toEqual([
    'issued 2026-11-23T11:59:55.000Z (5 s ago)',
    'ends 2026-11-24T12:00:00.000Z (in 24 h 0 min)',
  ])
  expect(describeTimes({ iat: seconds }, now)).toEqual(['issued 2026-11-23T12:00:00.000Z (just now)'])
})
