/** Certificates for tests: authorities, and what they issue, with whatever is right or wrong about it. */
import { KeyObject, webcrypto } from 'node:crypto'
import type { Extension, JsonName } from '@peculiar/x509'
import { thumbprintOf } from '../src/keys/certificate/certificate-facts.ts'
import { loadX509Library, newSerialNumber } from '../src/keys/certificate/x509-library.ts'

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000

export const x509 = await loadX509Library()

export interface Certified {
  readonly der: Uint8Array
  readonly pem: string
  /** PKCS #8, PEM. */
  readonly key: string
  readonly thumbprint: string
  readonly keys: webcrypto.CryptoKeyPair
  readonly subject: string
}

export interface CertificateOptions {
  /** Self-signed without one. */
  readonly issuer?: Certified
  /** Days from now. */
  readonly from?: number
  readonly until?: number
  readonly extensions?: readonly Extension[]
  readonly keys?: webcrypto.CryptoKeyPair
  readonly algorithm?: webcrypto.RsaHashedKeyGenParams | (webcrypto.EcKeyGenParams & { hash: string })
}

/** A certificate for a name: the holder's own, unless somebody issues it. */
export async function certificateFor(
  subject: string | JsonName,
  { issuer, from = -1, until = 30, extensions = [], keys, algorithm = ecdsa }: CertificateOptions = {},
): Promise<Certified> {
  const pair = keys ?? (await newKeys(algorithm))
  const common = {
    serialNumber: newSerialNumber(),
    notBefore: new Date(Date.now() + from * dayMs),
    notAfter: new Date(Date.now() + until * dayMs),
    extensions: [...extensions],
  }
  const made = issuer
    ? await x509.X509CertificateGenerator.create({
        ...common,
        subject,
        issuer: issuer.subject,
        publicKey: pair.publicKey,
        signingKey: issuer.keys.privateKey,
        signingAlgorithm: ecdsa,
      })
    : await x509.X509CertificateGenerator.createSelfSigned({
        ...common,
        name: subject,
        keys: pair,
        signingAlgorithm: algorithm,
      })
  const der = new Uint8Array(made.rawData)
  return {
    der,
    pem: made.toString('pem'),
    key: String(KeyObject.from(pair.privateKey).export({ type: 'pkcs8', format: 'pem' })),
    thumbprint: thumbprintOf(der),
    keys: pair,
    subject: made.subject,
  }
}

/** An authority that may issue certificates, above others as far as `pathLength` allows. */
export function authorityFor(
  subject: string,
  { pathLength, extensions = [], ...options }: CertificateOptions & { pathLength?: number } = {},
): Promise<Certified> {
  return certificateFor(subject, {
    ...options,
    extensions: [
      new x509.BasicConstraintsExtension(true, pathLength, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ...extensions,
    ],
  })
}

export const forClients = () => new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2'])
export const forServers = () => new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1'])

function newKeys(algorithm: NonNullable<CertificateOptions['algorithm']>): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}
