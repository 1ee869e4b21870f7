import { createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { isSignature } from './jws-signature.ts'

const input = 'eyJhbGciOiJFUzI1NiJ9.e30'
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/**
 * Numbers that no signer gets by chance, and that DER writes in every length. For each pair of them there is a key whose
 * signature of this input they are: Q = r⁻¹(sR − zG), with a point R whose x is r, or r and the order of the curve.
 */
const vectors = [
  [5n, 1n, 'iuZ526P20e5uzRM6xu6_uO-lYnfE6Peyi8SJmZ8XVY4', 'b8_P4ym5nTELtT4_QJZYdYznTVAePpR9NnHDSIs6Slk'],
  [5n, 0x7fn, 'cPGbOB2kuUO4DPdHIE-Lb3-xQRfTrxniiHBJ1UBTerc', 'FtOCgGP5dWmpd6dFu6FpBmqx0ybGV3F3xXwBAUbuWUM'],
  [5n, 0x80n, '_1TQal3H7nzmZqhuaQ69CamZtBlZ3CSQRQ8EJNUICVo', 'cVJ7At0rpC8C3cNaARyQlifjD7R62k2TbjTGxMnqAK4'],
  [5n, 0xffn, '4awUMLa8U5rD_bx9m4Nr7gMCfozzEcZ7wZeq7GYasdE', 'Kc-SQLF7X6ENGnsmXTGaARLfNG-Owk6-9yecZom3DqM'],
  [5n, 0x100n, 'TQKPRDhjt7dF0wAo69HwF-gvRGstjlxKEt2quWgM63I', 'J1N-HBtJGq763pmmZ9aZZPHQ8yNsu0Mq7f8Xy-joJgM'],
  [5n, 0x8000n, 'lTDB3ZpPcgSoQLuXDg55xfJNev4x2prsgff4TzVE6iU', '4EUxSDxQrpDyGIM1FaIHFD8a_a8IEt2g9HkpJVllQXs'],
  [5n, -1n, 'LsxFYqHuCHZ5vNYKe0sDkaoq9_vAD484suAVhH1W3mI', 'SxUZQB-HuyLHUZSKOrUbUtkG9pquCdXwOqfTeWk2Fjw'],
  [3n, 1n, '6z7asJPj5-u9vz3U-d6bwCNZAgTlwZD5Bc68_BEpHRc', 'k0L01k5DvLGIZXkkd22a8Sg0nsQjbDyxk1RFR4gWF3w'],
] as const

const bytes = (number: bigint, length = 32) =>
  Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex')

test.each(vectors)('r of %d and s of %d are a signature, each in 32 bytes and in no others', (r, s, x, y) => {
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const positive = s < 0n ? order + s : s
  const isOne = (...parts: Buffer[]) => isSignature('ES256', key, input, Buffer.concat(parts))
  expect(isOne(bytes(r), bytes(positive))).toBe(true)
  // FIPS 186-5 §6.4.2, step 1: both lie below the order, and so does the x that r is made of.
  expect(isOne(bytes(r + order), bytes(positive))).toBe(false)
  if (positive + order < 2n ** 256n) expect(isOne(bytes(r), bytes(positive + order))).toBe(false)
  expect(isOne(bytes(r, 31), bytes(positive))).toBe(false)
  expect(isOne(bytes(r, 33), bytes(positive, 33))).toBe(false)
  expect(isOne(bytes(r + 1n), bytes(positive))).toBe(false)
})
