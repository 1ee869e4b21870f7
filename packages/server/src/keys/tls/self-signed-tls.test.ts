import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSelfSignedTls } from './self-signed-tls.ts'
import { faultsOfPair } from './tls-pair.ts'

const now = new Date('2026-11-23T00:00:00Z')
const later = (days: number) => new Date(now.getTime() + days * 86_400_000)
const hosts = ['localhost', '127.0.0.1', '::1', 'tokens.example.com']

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-tls-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const inFolder = (name: string) => join(dataDir, 'tls', name)

async function pairAt(date: Date, names: readonly string[] = hosts) {
  const selfSigned = await openSelfSignedTls(dataDir, date)
  return selfSigned.pairFor(names, date)
}

test('an authority that is broken is never replaced: clients trust it', async () => {
  await pairAt(now)
  writeFileSync(inFolder('ca.pem'), 'no certificate')
  await expect(pairAt(now)).rejects.toThrow(
    /^The private authority in .*ca\.pem is no certificate in PEM\. Restore [^\n]*$/,
  )
  expect(readFileSync(inFolder('ca.pem'), 'utf8')).toBe('no certificate')
})

test('the key of another authority is refused', async () => {
  await pairAt(now)
  const other = mkdtempSync(join(tmpdir(), 'tallystick-tls-'))
  await openSelfSignedTls(other, now)
  writeFileSync(inFolder('ca-key.pem'), readFileSync(join(other, 'tls', 'ca-key.pem')))
  rmSync(other, { recursive: true })
  await expect(pairAt(now)).rejects.toThrow(/ca-key\.pem is not the key of the certificate\./)
})

test('a data folder that cannot be written is refused in one line', async () => {
  writeFileSync(join(dataDir, 'tls'), 'a file where the folder should be')
  await expect(pairAt(now)).rejects.toThrow(/^[^\n]* cannot be (written|made)\. [^\n]*$/)
})

test('what is made is private, names every host, and is vouched for by the authority', async () => {
  const pair = await pairAt(now)
  for (const name of ['ca-key.pem', 'server-key.pem'])
    expect(statSync(inFolder(name)).mode & 0o777).toBe(0o600)
  expect(statSync(join(dataDir, 'tls')).mode & 0o777).toBe(0o700)
  const certificate = new X509Certificate(pair.certificate)
  const authority = new X509Certificate(readFileSync(inFolder('ca.pem')))
  expect(certificate.subjectAltName).toBe(
    'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:tokens.example.com',
  )
  expect([certificate.ca, authority.ca]).toEqual([false, true])
  expect(certificate.verify(authority.publicKey) && certificate.checkIssued(authority)).toBe(true)
  expect(faultsOfPair(pair, now)).toEqual([])
  expect(JSON.stringify(pair)).not.toContain('PRIVATE KEY')
})

test('another start shows the same certificate', async () => {
  expect((await pairAt(later(300))).certificate).not.toBe('')
  const first = await pairAt(later(300))
  expect(await pairAt(later(301))).toEqual(first)
})

test('a name that is not in the certificate gets a new one, and the authority stays', async () => {
  const first = await pairAt(now)
  const authority = readFileSync(inFolder('ca.pem'), 'utf8')
  const second = await pairAt(now, [...hosts, 'other.example.com'])
  expect(second.certificate).not.toBe(first.certificate)
  expect(new X509Certificate(second.certificate).checkHost('other.example.com')).toBe('other.example.com')
  expect(readFileSync(inFolder('ca.pem'), 'utf8')).toBe(authority)
})

test('a certificate is renewed in its last thirty days, not before', async () => {
  const first = await pairAt(now)
  expect((await pairAt(later(366))).certificate).toBe(first.certificate)
  expect((await pairAt(later(368))).certificate).not.toBe(first.certificate)
})

test('near the end of the authority nothing is renewed that could not live longer', async () => {
  await pairAt(now)
  const last = await pairAt(later(3640))
  expect(new X509Certificate(last.certificate).validToDate).toEqual(later(3650))
  expect((await pairAt(later(3641))).certificate).toBe(last.certificate)
})

test('a start that was cut short between key and certificate is made good', async () => {
  mkdirSync(join(dataDir, 'tls'))
  writeFileSync(inFolder('ca-key.pem'), 'a key that nobody trusts yet')
  expect(faultsOfPair(await pairAt(now), now)).toEqual([])
  expect(existsSync(inFolder('ca.pem'))).toBe(true)

  writeFileSync(inFolder('server-key.pem'), 'half')
  expect(faultsOfPair(await pairAt(now), now)).toEqual([])
})
