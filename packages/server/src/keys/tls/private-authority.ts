/**
 * A certificate authority of our own, for servers without a public certificate (RFC 5280). Programs are told to trust
 * its certificate; what it issues can then change without telling them.
 */
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { loadX509Library, newSerialNumber } from '../certificate/x509-library.ts'
import { revealSecret, SecretText } from '../secret/secret-text.ts'
import type { TlsPair } from './tls-pair.ts'

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const
const dayMs = 86_400_000
const authorityDays = 3650
/** Some clients refuse a server's certificate that is valid for longer than 398 days. */
const serverDays = 397
/** Clocks of clients may be behind ours. */
const backdatedMs = 60 * 60_000

export async function createAuthority(now: Date): Promise<TlsPair> {
  const x509 = await loadX509Library()
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    // A name of its own: a program may trust the authorities of several servers.
    name: `CN=Tallystick private CA ${randomBytes(4).toString('hex')}`,
    ...validity(now, authorityDays),
    keys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pemText(certificate), key: await privateKeyPem(keys) }
}

/** A server's certificate for host names and addresses, with the authority's own behind it. */
export async function issueServerPair(
  authority: TlsPair,
  hosts: readonly string[],
  now: Date,
): Promise<TlsPair> {
  const x509 = await loadX509Library()
  const issuer = new x509.X509Certificate(authority.certificate)
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: 'CN=Tallystick',
    issuer: issuer.subject,
    ...validity(now, serverDays, issuer.notAfter),
    publicKey: keys.publicKey,
    signingKey: await importSigningKey(authority.key),
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { certificate: pemText(certificate) + authority.certificate, key: await privateKeyPem(keys) }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
}

function validity(now: Date, days: number, notBeyond?: Date): { notBefore: Date; notAfter: Date } {
  const end = now.getTime() + days * dayMs
  return {
    notBefore: new Date(now.getTime() - backdatedMs),
    notAfter: new Date(notBeyond ? Math.min(end, notBeyond.getTime()) : end),
  }
}

function importSigningKey(key: SecretText): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(revealSecret(key)).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), keyAlgorithm, false, ['sign'])
}

async function privateKeyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<SecretText> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey))
  const key = createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' })
  return new SecretText(String(key.export({ type: 'pkcs8', format: 'pem' })))
}

function pemText(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem').trim()}\n`
}
