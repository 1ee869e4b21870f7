import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  distinguishedNameOf,
  isSameName,
  parseDistinguishedName,
  writeDistinguishedName,
} from './distinguished-name.ts'

const required = (text: string) => {
  const name = parseDistinguishedName(text)
  if (!name) throw new Error(`No name: ${text}`)
  return name
}

test.each([
  '',
  'billing',
  'CN',
  'CN=',
  '=billing',
  'CN=a,',
  ',CN=a',
  'CN=a,,O=b',
  'CN=a+',
  'NICKNAME=a',
  '2.5.=a',
  'CN="a, b"',
  'CN=a;O=b',
  'CN=<a>',
  'CN=a\\',
  'CN=\\zz',
  'CN=#0402',
  'CN=\\ff',
  'CN=\u0000',
  '/C=IE/CN=a',
  Array.from({ length: 31 }, () => 'CN=a').join(','),
])('%j is no name', (text) => {
  expect(parseDistinguishedName(text)).toBeUndefined()
})

test.each([
  ['CN=billing,O=Acme,C=IE', 'c = IE, o = Acme, cn = billing'],
  ['CN=billing,OU=a,OU=b,O=Acme', 'O=Acme,OU=b,OU=a,CN=billing'],
  ['DC=com,DC=com', 'DC=com, DC=com'],
  ['CN=billing,O=Acme', '2.5.4.3=billing,2.5.4.10=Acme'],
  ['OU=a+CN=b,O=c', 'CN=b+OU=a,O=c'],
  ['CN=me\\2c you\\20', 'CN=me\\, you\\ '],
  ['CN=L\\C3\\BC', 'CN=Lü'],
  ['CN=a=b', 'CN=a\\=b'],
])('%s and %s are one name', (one, other) => {
  expect(isSameName(required(one), required(other))).toBe(true)
})

test.each([
  ['CN=billing,O=Acme,C=IE', 'CN=billing,C=IE,O=Acme'],
  ['CN=billing,O=Acme', 'CN=billing'],
  ['CN=billing', 'CN=Billing'],
  ['CN=billing', 'CN=billing\\ '],
  ['CN=a+O=b', 'CN=a,O=b'],
  ['CN=a,CN=b,CN=c', 'CN=a,CN=c,CN=b'],
  ['CN=a\\,O=b', 'CN=a,O=b'],
  ['DC=com,DC=net', 'DC=net,DC=com'],
  ['OU=a,O=b,OU=c', 'OU=c,O=b,OU=a'],
  ['SN=7', 'serialNumber=7'],
])('%s and %s are two', (one, other) => {
  expect(isSameName(required(one), required(other))).toBe(false)
})

test('a certificate whose name holds something that is no text has no name to compare', () => {
  expect(distinguishedNameOf([{ CN: ['#0402'] }])).toBeUndefined()
  expect(distinguishedNameOf([{ nickname: ['a'] }])).toBeUndefined()
  expect(distinguishedNameOf([{ C: ['IE'] }, { CN: ['a'] }])).toEqual(required('CN=a,C=IE'))
})

test('white space other than spaces belongs to the value, also at its beginning', () => {
  const name = distinguishedNameOf([{ CN: ['\u2003\u00a0a\u00a0'] }])
  expect(parseDistinguishedName(writeDistinguishedName(name ?? []))).toEqual(name)
})

test('whatever text a name holds, it is read back from how it is written', () => {
  const value = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-composite' })
  const awkward = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...' #"+,;<>\\=a0\0') })
  const attribute = fc.tuple(fc.constantFrom('2.5.4.3', '2.5.4.5', '1.2.3.4'), fc.oneof(value, awkward))
  const rdn = fc.uniqueArray(attribute, { minLength: 1, maxLength: 3, selector: ([type]) => type })
  fc.assert(
    fc.property(fc.array(rdn, { minLength: 1, maxLength: 5 }), (rdns) => {
      const name = distinguishedNameOf(
        rdns.map((attributes) => Object.fromEntries(attributes.map(([type, text]) => [type, [text]]))),
      )
      fc.pre(name !== undefined)
      expect(parseDistinguishedName(writeDistinguishedName(name ?? []))).toEqual(name)
    }),
    { numRuns: 300 },
  )
})
