import { generateKeyPairSync, KeyObject, webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { revealSecret } from '../secret/secret-text.ts'
import { createAuthority, issueServerPair } from './private-authority.ts'
import { readTlsFiles, stampOf } from './tls-files.ts'

const now = new Date('2026-11-23T00:00:00Z')
let folder: string
let files: { certificate: string; key: string }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-pair-'))
  files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const pair = await issueServerPair(await createAuthority(now), ['tokens.example.com'], now)
  writeFileSync(files.certificate, pair.certificate)
  writeFileSync(files.key, revealSecret(pair.key))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const faultsWith = (other: Partial<typeof files>, at = now) =>
  readTlsFiles({ ...files, ...other }, at).faults.map(({ part, text }) => `${part} ${text}`)

test('files that cannot be read are named, both at once', () => {
  expect(faultsWith({ certificate: join(folder, 'none'), key: folder })).toEqual([
    'certificate names a file that cannot be read (ENOENT).',
    'key names a file that cannot be read (EISDIR).',
  ])
})

test('what is no PEM is refused, both at once', () => {
  const text = write('text.pem', 'hello')
  expect(faultsWith({ certificate: text, key: text })).toEqual([
    'certificate is no certificate in PEM.',
    'key is no private key in PEM, or one that asks for a passphrase.',
  ])
})

test('a key that is locked with a passphrase is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  expect(faultsWith({ key: write('locked.pem', String(locked)) })).toEqual([
    'key is no private key in PEM, or one that asks for a passphrase.',
  ])
})

test('the key of another certificate is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = write('other.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  expect(faultsWith({ key: other })).toEqual(['key is not the key of the certificate.'])
})

test('a certificate is refused after its end and before its beginning', () => {
  expect(faultsWith({}, new Date('2028-01-01'))).toEqual(['certificate expired on 2027-12-25.'])
  expect(faultsWith({}, new Date('2026-11-22'))).toEqual(['certificate is not valid before 2026-11-22.'])
})

test('a key that TLS finds too short is refused', async () => {
  await import('reflect-metadata')
  const { X509CertificateGenerator } = await import('@peculiar/x509')
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) }
  const keys = await webcrypto.subtle.generateKey({ ...algorithm, modulusLength: 512 }, true, [
    'sign',
    'verify',
  ])
  const certificate = await X509CertificateGenerator.createSelfSigned({ keys, notBefore: now })
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' })
  const short = {
    certificate: write('short.pem', certificate.toString('pem')),
    key: write('short-key.pem', String(key)),
  }
  expect(faultsWith(short)).toEqual([expect.stringMatching(/^certificate cannot be used for TLS \(/)])
})

test('a pair that fits can serve', () => {
  expect(faultsWith({})).toEqual([])
})

test('the stamp changes when a file is written, replaced by a link, or gone', () => {
  const stamps = [stampOf(files)]
  write('cert.pem', 'x')
  stamps.push(stampOf(files))
  unlinkSync(files.certificate)
  stamps.push(stampOf(files))
  symlinkSync(files.key, files.certificate)
  stamps.push(stampOf(files))
  expect(new Set(stamps).size).toBe(4)
})
