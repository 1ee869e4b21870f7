import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { acme, globex } from '../../../test/storage-conformance/samples.ts'
import { createDpopNonces } from './dpop-nonce.ts'

const masterKey = createSecretKey(randomBytes(32))
const nonces = createDpopNonces(masterKey)
const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + 1000 * seconds)
const issued = nonces.issue(acme.id, at(0))

test('a nonce is fresh for five minutes at least and six at most, and for clocks that are ten seconds behind', () => {
  const isFresh = (seconds: number, nonce = issued) => nonces.isFresh(acme.id, nonce, at(seconds))
  expect([isFresh(-11), isFresh(-10), isFresh(0), isFresh(359), isFresh(360)]).toEqual([
    false,
    true,
    true,
    true,
    false,
  ])
  const late = nonces.issue(acme.id, at(59))
  expect([isFresh(59 + 300, late), isFresh(360, late)]).toEqual([true, false])
})

test('another server with the same master key knows it, one with another does not', () => {
  expect(createDpopNonces(masterKey).isFresh(acme.id, issued, at(1))).toBe(true)
  expect(createDpopNonces(createSecretKey(randomBytes(32))).isFresh(acme.id, issued, at(1))).toBe(false)
})

test('a nonce of another tenant, of another moment, altered, cut or made up is not fresh', () => {
  const altered = (offset: number) => {
    const bytes = Buffer.from(issued, 'base64url')
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset)
    return bytes.toString('base64url')
  }
  const bad = [
    '',
    'x',
    issued.slice(0, -4),
    `${issued}AAAA`,
    randomBytes(22).toString('base64url'),
    ...Array.from({ length: 22 }, (_, offset) => altered(offset)),
  ]
  for (const nonce of bad) expect([nonce, nonces.isFresh(acme.id, nonce, at(1))]).toEqual([nonce, false])
  expect(nonces.isFresh(globex.id, issued, at(1))).toBe(false)
})

test('a nonce is made of characters that a header and a claim may hold (RFC 9449, section 8.1)', () => {
  expect(issued).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
})
