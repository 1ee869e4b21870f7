/** What an assertion says of itself, put together by hand: each text has one thing wrong, and nothing is signed here. */
import { expect, test } from 'vitest'
import {
  assertionSkewSeconds,
  maxAssertionBytes,
  maxAssertionLifetimeSeconds,
  parseAssertion,
} from './client-assertion.ts'

const now = new Date('2030-01-01T00:00:00Z')
const seconds = now.getTime() / 1000
const clientId = 'billing'
const issuer = 'https://tokens.example.com/'
const expected = { clientId, audiences: [issuer], now }

const encode = (text: string | Uint8Array) => Buffer.from(text).toString('base64url')
const rightHeader = { alg: 'ES256' }
const rightClaims = { iss: clientId, sub: clientId, aud: issuer, iat: seconds, exp: seconds + 60, jti: 'j' }
const headerText = JSON.stringify(rightHeader)
const claimsText = JSON.stringify(rightClaims)

/** As texts, so that they can be what no object is. */
const parse = (header: string | Uint8Array = headerText, claims: string | Uint8Array = claimsText) =>
  parseAssertion(`${encode(header)}.${encode(claims)}.${encode('signature')}`, expected)
const headerWith = (members: object) => JSON.stringify({ ...rightHeader, ...members })
const claimsWith = (members: object) => JSON.stringify({ ...rightClaims, ...members })
/** A member as it stands in the text, such as a number that JavaScript would not write. */
const claimsSaying = (name: string, value: string) =>
  `${JSON.stringify({ ...rightClaims, [name]: undefined }).slice(0, -1)},"${name}":${value}}`

const refusal = expect.objectContaining({ name: 'OAuthError', code: 'invalid_client' })

const algorithms = [
  ...['none', 'None', 'nOnE', 'NONE', '', 'es256', 'ES256 ', 'ES256\u0000', 'HS256', 'HS384', 'HS512'],
  ...[
    'ES384',
    'ES512',
    'ES256K',
    'PS384',
    'PS512',
    'RS512',
    'RS1',
    'Ed448',
    'ML-DSA-65',
    'RSA-OAEP',
    'dir',
    'A128KW',
  ],
  ...[null, true, 0, ['ES256'], { ES256: 1 }],
]
test.each(algorithms)('an assertion whose alg is %j is refused', (alg) => {
  expect(() => parse(headerWith({ alg }))).toThrow(refusal)
})

test.each([
  ['that is null', 'null'],
  ['that is a list', '["alg","ES256"]'],
  ['that is a text', '"ES256"'],
  ['that is a number', '1'],
  ['that is empty', '{}'],
  ['that ends early', '{"alg":"ES256"'],
  ['with something behind it', `${headerText}x`],
  ['that comes twice', headerText + headerText],
  ['with a comma too many', '{"alg":"ES256",}'],
  ['in single quotes', "{'alg':'ES256'}"],
  ['with a comment', '{"alg":"ES256"/**/}'],
  ['behind a mark of its byte order', `\uFEFF${headerText}`],
  ['in UTF-16', Buffer.from(headerText, 'utf16le')],
  [
    'that is no UTF-8',
    Buffer.concat([Buffer.from('{"alg":"ES256","x":"'), Buffer.of(0xc0, 0xaf), Buffer.from('"}')]),
  ],
  ['with a control character in a text', '{"alg":"ES256","x":"\n"}'],
  ['whose alg stands twice', '{"alg":"ES256","alg":"ES256"}'],
  ['whose alg stands twice, once escaped', '{"alg":"ES256","\\u0061lg":"none"}'],
  ['where a member within stands twice', '{"alg":"ES256","x":{"a":1,"a":2}}'],
  ['where a member within a list stands twice', '{"alg":"ES256","x":[[{"a":1,"a":2}]]}'],
  ['for an access token', headerWith({ typ: 'at+jwt' })],
  ['for a DPoP proof', headerWith({ typ: 'dpop+jwt' })],
  ['for a logout', headerWith({ typ: 'logout+jwt' })],
  ['whose typ is null', headerWith({ typ: null })],
  ['whose typ is a list', headerWith({ typ: ['JWT'] })],
  ['with an extension that must be understood', headerWith({ crit: ['x'], x: 1 })],
  ['with an extension that is a claim', headerWith({ crit: ['exp'], exp: seconds + 60 })],
  ['with no extension that must be understood', headerWith({ crit: [] })],
  ['whose crit is null', headerWith({ crit: null })],
  ['whose payload is not encoded', headerWith({ b64: false, crit: ['b64'] })],
  ['whose payload is said to be encoded', headerWith({ b64: true })],
  ['whose kid is a number', headerWith({ kid: 1 })],
  ['whose kid is null', headerWith({ kid: null })],
  ['whose kid is a list', headerWith({ kid: ['k'] })],
])('a header %s is refused', (_name, header) => {
  expect(() => parse(header)).toThrow(refusal)
})

test.each([
  ['that are null', 'null'],
  ['that are a list', '[]'],
  ['that are a text', JSON.stringify(claimsText)],
  ['that are empty', '{}'],
  ['that end early', claimsText.slice(0, -1)],
  [
    'that are no UTF-8',
    Buffer.concat([
      Buffer.from(claimsText.slice(0, -1)),
      Buffer.from(',"x":"'),
      Buffer.of(0xff),
      Buffer.from('"}'),
    ]),
  ],
  ['whose sub stands twice', `${claimsText.slice(0, -1)},"sub":"${clientId}"}`],
  [
    'whose aud stands twice, once escaped',
    `${claimsText.slice(0, -1)},"\\u0061ud":"https://other.example.com/"}`,
  ],
  ['where a member within stands twice', `${claimsText.slice(0, -1)},"act":{"sub":"a","sub":"b"}}`],
  ['with a member called __proto__ instead of the right ones', `{"__proto__":${claimsText}}`],
])('claims %s are refused', (_name, claims) => {
  expect(() => parse(headerText, claims)).toThrow(refusal)
})

const wrongParties: [name: string, members: object][] = [
  ...[
    undefined,
    null,
    '',
    'Billing',
    'billing ',
    'billing\u0000',
    'bi\u200blling',
    1,
    ['billing'],
    { id: 'billing' },
  ].flatMap((value): [string, object][] => [
    [`whose iss is ${JSON.stringify(value)}`, { iss: value }],
    [`whose sub is ${JSON.stringify(value)}`, { sub: value }],
  ]),
  ...[
    undefined,
    null,
    1,
    {},
    [],
    [[issuer]],
    [issuer, issuer],
    [issuer, 'https://other.example.com/'],
    { [issuer]: true },
    issuer.slice(0, -1),
    `${issuer}oauth/token`,
    `${issuer}?`,
    `${issuer}#`,
    `${issuer} `,
    `${issuer}\u0000`,
    'https://tokens.example.com:443/',
    'HTTPS://tokens.example.com/',
    'https://TOKENS.example.com/',
    'https://tokens.example.com/%2e/',
    'https://tokens.example.com/./',
    'https://tokens.example.com.evil.example/',
    'http://tokens.example.com/',
    'https://token\u0455.example.com/',
  ].map((aud): [string, object] => [`whose aud is ${JSON.stringify(aud)}`, { aud }]),
]
test.each(wrongParties)('an assertion %s is refused', (_name, members) => {
  expect(() => parse(headerText, claimsWith(members))).toThrow(refusal)
})

const notATime = ['"1893456060"', 'null', 'true', '[1893456060]', '{}', '""', '"2030-01-01T00:01:00Z"']
test.each([
  ...notATime.map((value) => ['exp', value]),
  ...notATime.flatMap((value) => [
    ['iat', value],
    ['nbf', value],
  ]),
  ...['1e308', '1e999', '-1', '0', '-0', '-1e999', String(seconds * 1000)].map((value) => ['exp', value]),
  ...['1e308', '1e999', '-1', '-1e999', String(seconds * 1000)].map((value) => ['iat', value]),
  ...['1e308', '1e999', String(seconds * 1000)].map((value) => ['nbf', value]),
])('an assertion whose %s is %s is refused', (name, value) => {
  expect(() => parse(headerText, claimsSaying(name, value))).toThrow(refusal)
})

test.each([...[undefined, null, 1, true, ['j'], { j: 1 }, '', 'j'.repeat(65)], '\ud800', 'a\udc00b'])(
  'an assertion whose jti is %j is refused',
  (jti) => {
    expect(() => parse(headerText, claimsWith({ jti }))).toThrow(refusal)
  },
)

test('times are held to the second that is named, from both sides', () => {
  const skew = assertionSkewSeconds
  const life = maxAssertionLifetimeSeconds
  const sides: [right: object, wrong: object][] = [
    [
      { exp: seconds - skew + 1, iat: undefined },
      { exp: seconds - skew, iat: undefined },
    ],
    [
      { exp: seconds - skew + 0.5, iat: undefined },
      { exp: seconds - skew - 0.5, iat: undefined },
    ],
    [{ exp: seconds + life }, { exp: seconds + life + 1 }],
    [
      { exp: seconds + life, iat: undefined },
      { exp: seconds + life + 0.5, iat: undefined },
    ],
    [{ iat: seconds + skew }, { iat: seconds + skew + 1 }],
    [{ nbf: seconds + skew }, { nbf: seconds + skew + 0.5 }],
  ]
  for (const [right, wrong] of sides) {
    expect(parse(headerText, claimsWith(right)).jti).toBe('j')
    expect(() => parse(headerText, claimsWith(wrong))).toThrow(refusal)
  }
})

test('whatever is kept of its end is no earlier than the end itself', () => {
  const { expiresAt } = parse(headerText, claimsWith({ exp: seconds + 0.0001 }))
  expect(expiresAt.getTime()).toBe(now.getTime() + 1)
})

const text = `${encode(headerText)}.${encode(claimsText)}.${encode('signature')}`
const [head, body, tail] = text.split('.')
test.each([
  ['that is empty', ''],
  ['of dots', '..'],
  ['of two parts', `${head}.${body}`],
  ['without a signature', `${head}.${body}.`],
  ['of four parts', `${text}.`],
  ['of five parts, as if encrypted', `${head}.${tail}.${tail}.${body}.${tail}`],
  ['with padding', `${encode(headerText)}=.${body}.${tail}`],
  ['with padding at its end', `${text}=`],
  ['in the other base64', `${head}.${body}.${Buffer.of(0xfb, 0xff).toString('base64')}`],
  ['with bits that mean nothing behind its last byte', `${head}.${body}.QQ`.replace(/QQ$/, 'QR')],
  [
    'with bits that mean nothing behind its header',
    `${Buffer.from('{"alg":"ES256"} ').toString('base64url').slice(0, -1)}B.${body}.${tail}`,
  ],
  ['with a space before it', ` ${text}`],
  ['with a line end behind it', `${text}\n`],
  ['with a space within', `${head}. ${body}.${tail}`],
  ['percent-encoded', `${head}%2E${body}%2E${tail}`],
  ['with letters beyond ASCII', `${head}.${body}é.${tail}`],
  ['as flattened JSON', JSON.stringify({ protected: head, payload: body, signature: tail })],
  ['as general JSON', JSON.stringify({ payload: body, signatures: [{ protected: head, signature: tail }] })],
  [
    'that is too long by a byte',
    `${head}.${encode(claimsWith({ x: 'x'.repeat(maxAssertionBytes) }))}`.slice(0, maxAssertionBytes - 1) +
      '.A',
  ],
])('a text %s is no assertion', (_name, jwt) => {
  expect(() => parseAssertion(jwt, expected)).toThrow(refusal)
})

test('members that nobody knows, however deep, change nothing', () => {
  const deep = '['.repeat(300) + ']'.repeat(300)
  expect(parse(`{"alg":"ES256","x":${deep}}`, claimsSaying('x', deep)).jti).toBe('j')
  const keys = { jwk: {}, jku: 'https://evil.example.com/', x5u: 'https://evil.example.com/', x5c: ['MIIB'] }
  expect(parse(headerWith(keys)).kid).toBeUndefined()
})
