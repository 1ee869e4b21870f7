/** What a trusted proxy may say of a certificate, and what is not guessed at. */
import { describe, expect, test } from 'vitest'
import { certificateFor } from '../../test/certificates.ts'
import { certificateInHeaders } from './forwarded-certificate.ts'

const own = await certificateFor('CN=machine')
const above = await certificateFor('CN=above')
const sequenceOf = (bytes: Uint8Array) => `:${Buffer.from(bytes).toString('base64')}:`
const escaped = encodeURIComponent(own.pem)
const tailed = Buffer.concat([own.der, Buffer.from([0])])

/** That of the client, and those above it. */
function bytesIn(...headers: Parameters<typeof certificateInHeaders>): Uint8Array[] {
  const read = certificateInHeaders(...headers)
  if (read === undefined || read === 'unreadable') throw new Error(`Nothing was read: ${read}`)
  return [read.leaf, ...read.intermediates].map(({ raw }) => new Uint8Array(raw))
}

describe('a certificate is read', () => {
  test.each([
    ['as a byte sequence', sequenceOf(own.der)],
    ['as URL-encoded PEM', escaped],
    ['as URL-encoded PEM with a line end behind it', encodeURIComponent(`${own.pem}\n`)],
    ['as PEM of another system', encodeURIComponent(own.pem.replaceAll('\n', '\r\n'))],
  ])('%s', (_how, raw) => {
    expect(bytesIn([raw])).toEqual([own.der])
  })

  test('with what stands above it, in one header or in several', () => {
    const both = [sequenceOf(above.der), sequenceOf(own.der)]
    for (const chain of [both, [both.join(', ')], [both.join(',')]]) {
      expect(bytesIn([sequenceOf(own.der)], chain)).toEqual([own.der, above.der, own.der])
    }
  })
})

test('without the header, or with an empty one, there is none, whatever chain comes along', () => {
  for (const raw of [undefined, [], ['']]) {
    expect(certificateInHeaders(raw, [sequenceOf(above.der)])).toBeUndefined()
  }
})

describe('unreadable', () => {
  test.each([
    ['two headers', [sequenceOf(own.der), sequenceOf(own.der)]],
    ['two in one header', [`${sequenceOf(own.der)}, ${sequenceOf(own.der)}`]],
    ['a right one behind an empty one', ['', sequenceOf(own.der)]],
    ['two of PEM', [encodeURIComponent(own.pem + own.pem)]],
    ['a hyphen', ['-']],
    ['base64 alone', [Buffer.from(own.der).toString('base64')]],
    ['a byte sequence without its end', [sequenceOf(own.der).slice(0, -1)]],
    ['a byte sequence with a parameter', [`${sequenceOf(own.der)};a=1`]],
    ['a byte sequence with a space in it', [sequenceOf(own.der).replace(/^(.{20})/, '$1 ')]],
    [
      'base64 that could be written otherwise',
      [sequenceOf(own.der).replace(/(=*):$/, (_end, padding) => (padding === '=' ? ':' : '=:'))],
    ],
    ['an empty byte sequence', ['::']],
    ['bytes that are no certificate', [sequenceOf(Buffer.from('certificate'))]],
    ['a byte behind the certificate', [sequenceOf(tailed)]],
    ['a certificate that ends too early', [sequenceOf(own.der.subarray(0, -1))]],
    ['more than 8,192 bytes', [sequenceOf(Buffer.concat([own.der, Buffer.alloc(8192)]))]],
    ['PEM in a byte sequence', [sequenceOf(Buffer.from(own.pem))]],
    ['PEM of a key', [encodeURIComponent(own.key)]],
    ['text before the PEM', [encodeURIComponent(`a${own.pem}`)]],
    ['a percent sign alone', [`${escaped}%`]],
    ['what Envoy calls by its own name', [`Hash=00;Cert="${escaped}"`]],
  ])('%s', (_what, raw) => {
    expect(certificateInHeaders(raw)).toBe('unreadable')
  })

  test('a chain in which one cannot be read', () => {
    expect(certificateInHeaders([sequenceOf(own.der)], [`${sequenceOf(above.der)}, x`])).toBe('unreadable')
  })
})
