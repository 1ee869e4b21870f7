import { X509Certificate } from 'node:crypto'
import { generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { loadX509Library } from '../certificate/x509-library.ts'
import { certificateInWords, certificateMembers, createKeyCertificate } from './key-certificate.ts'

const now = new Date('2030-01-01T00:00:00Z')

for (const algorithm of ['RS256', 'PS256', 'RS512', 'ES256', 'EdDSA'] as const) {
  test(`the certificate of a key for ${algorithm} is signed with that key and has no end`, async () => {
    const pair = await generateKeyPair(algorithm, { extractable: true })
    const base64 = await createKeyCertificate(pair, algorithm, now)
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'))
    const publicKey = await crypto.subtle.exportKey('spki', pair.publicKey)
    expect(certificate.publicKey.export({ type: 'spki', format: 'der' })).toEqual(Buffer.from(publicKey))
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.validFromDate).toEqual(now)
    expect(certificate.validToDate).toEqual(new Date('9999-12-31T23:59:59Z'))
  })
}

test('a certificate is told as PEM, as an envelope, and by its digests', async () => {
  const base64 = await createKeyCertificate(await generateKeyPair('ES256'), 'ES256', now)
  const { raw, fingerprint } = new X509Certificate(Buffer.from(base64, 'base64'))
  const words = await certificateInWords(base64)
  expect(new X509Certificate(words.cert).raw).toEqual(raw)
  expect(words.cert.split('\n').every((line) => line.length <= 64)).toBe(true)
  expect(words.fingerprint).toBe(fingerprint)
  expect(words.thumbprint).toMatch(/^[0-9A-F]{40}$/)

  const x509 = await loadX509Library()
  const envelope = words.pkcs7.split('\n').slice(1, -2).join('')
  const [inside, ...others] = new x509.X509Certificates(envelope)
  expect(Buffer.from(inside?.rawData ?? new ArrayBuffer(0))).toEqual(raw)
  expect(others).toEqual([])

  const { x5c, x5t } = certificateMembers(base64)
  expect(x5c).toEqual([raw.toString('base64')])
  expect(Buffer.from(x5t, 'base64url').toString('hex').toUpperCase()).toBe(words.thumbprint)
})
