/** Which certificates an authority that is registered for a client answers for, whatever else comes along with them. */
import { webcrypto, X509Certificate } from 'node:crypto'
import type { Extension, JsonName } from '@peculiar/x509'
import { expect, test } from 'vitest'
import { authorityFor, type Certified, certificateFor, forClients, x509 } from '../../../test/certificates.ts'
import { idOf } from '../../../test/storage-conformance/samples.ts'
import type { CertifiedNameCredential } from '../../domain/client-credential.ts'
import { createClientCertificates } from './client-certificate.ts'
import { parseAuthority, parseClientCertificate } from './registered-certificate.ts'

const certificates = createClientCertificates()
const now = new Date()
const root = await authorityFor('CN=Root')

function credentialFor(
  certifiedName: string,
  authorities: readonly Certified[],
  type: CertifiedNameCredential['type'] = 'cert_subject_dn',
): CertifiedNameCredential {
  return {
    tenantId: idOf('t'),
    clientId: idOf('c'),
    id: idOf('cred'),
    name: '',
    kid: 'k',
    expiresAt: undefined,
    createdAt: now,
    updatedAt: now,
    type,
    certifiedName,
    authorities: authorities.map(({ der }) => Buffer.from(der).toString('base64')),
  }
}

const parsed = ({ der }: Certified) => new X509Certificate(der)

function faultOf(
  leaf: Certified,
  intermediates: readonly Certified[],
  authorities: readonly Certified[] = [root],
) {
  const presented = { leaf: parsed(leaf), intermediates: intermediates.map(parsed) }
  return certificates.faultOf(presented, [credentialFor('CN=machine', authorities)], now)
}

const machineOf = (issuer: Certified) => certificateFor('CN=machine', { issuer, extensions: [forClients()] })
const notAnswered = 'No authority that is registered for the client answers for the certificate.'

test('up to three authorities stand between, in whatever order they come', async () => {
  const [one, two, three, four] = await chainBelow(root, 4)
  const [atThree, atFour] = [await machineOf(three), await machineOf(four)]
  expect(await faultOf(atThree, [one, two, three])).toBeUndefined()
  expect(await faultOf(atThree, [two, three, one])).toBeUndefined()
  expect(await faultOf(atThree, [one, three])).toBe(notAnswered)
  expect(await faultOf(atFour, [four, three, two, one])).toBe(notAnswered)
  expect(await faultOf(atFour, [four, three, two], [one])).toBeUndefined()
})

async function chainBelow(top: Certified, length: number) {
  const chain: Certified[] = []
  for (let at = 0; at < length; at += 1) {
    chain.push(await authorityFor(`CN=Between ${at}`, { issuer: chain.at(-1) ?? top }))
  }
  return chain as [Certified, Certified, Certified, Certified]
}

test('of two authorities of one name the one counts that has signed', async () => {
  const between = await authorityFor('CN=Between', { issuer: root })
  const namesake = await authorityFor('CN=Between', { issuer: root })
  const impostor = await authorityFor('CN=Between')
  const leaf = await machineOf(between)
  expect(await faultOf(leaf, [namesake, impostor, between])).toBeUndefined()
  expect(await faultOf(leaf, [namesake, impostor])).toBe(notAnswered)
  expect(await faultOf(leaf, [between], [await authorityFor('CN=Root')])).toBe(notAnswered)
  expect(await faultOf(leaf, [between], [])).toBe(notAnswered)
})

test('a certificate in which an extension stands twice is refused, whichever of the two is right', async () => {
  const named = (value: string) => new x509.SubjectAlternativeNameExtension([{ type: 'url', value }])
  const [own, other] = [named('spiffe://example.org/machine'), named('spiffe://example.org/other')]
  const faultWith = async (...extensions: Extension[]) => {
    const leaf = await certificateFor('CN=any', { issuer: root, extensions: [forClients(), ...extensions] })
    const credential = credentialFor('spiffe://example.org/machine', [root], 'cert_san_uri')
    return certificates.faultOf({ leaf: parsed(leaf), intermediates: [] }, [credential], now)
  }
  expect(await faultWith(own)).toBeUndefined()
  for (const both of [
    [own, other],
    [other, own],
    [own, own],
  ]) {
    expect(await faultWith(...both)).toBe(notAnswered)
  }
})

test('an RSA key with a small exponent proves nothing, and neither may be registered', async () => {
  const keyWith = (exponent: number[]) => ({
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array(exponent),
    hash: 'SHA-256',
  })
  const [small, usual] = [keyWith([3]), keyWith([1, 0, 1])]
  for (const [algorithm, isTaken] of [
    [small, false],
    [usual, true],
  ] as const) {
    const own = await authorityFor('CN=machine', { algorithm })
    const credential = {
      ...credentialFor('', []),
      type: 'x509_cert',
      thumbprint: own.thumbprint,
      subjectDn: '',
    } as const
    const fault = await certificates.faultOf({ leaf: parsed(own), intermediates: [] }, [credential], now)
    expect(fault === undefined).toBe(isTaken)
    for (const parse of [parseClientCertificate, parseAuthority]) {
      if (isTaken) expect((await parse(own.pem, now)).thumbprint).toBe(own.thumbprint)
      else await expect(parse(own.pem, now)).rejects.toThrow('exponent')
    }
  }
})

test('the certificate of a client cannot issue another one', async () => {
  const client = await machineOf(root)
  expect(await faultOf(await machineOf(client), [client])).toBe(notAnswered)
  const pretender = await certificateFor('CN=Between', {
    issuer: root,
    extensions: [new x509.BasicConstraintsExtension(false)],
  })
  expect(await faultOf(await machineOf(pretender), [pretender])).toBe(notAnswered)
})

test('a name is known again by what OpenSSL calls its attributes, and by nothing less', async () => {
  // In the order of the certificate, by object identifiers.
  const subject: JsonName = [
    { '2.5.4.6': ['IE'] },
    { '2.5.4.10': ['Example\\, \\"Ltd\\"'] },
    { '2.5.4.11': ['Payments'] },
    { '2.5.4.11': ['Two'] },
    { '2.5.4.3': ['Jürgen #1'] },
    { '2.5.4.5': ['12'] },
    { '2.5.4.15': ['Private'] },
    { '2.5.4.17': ['D01'] },
    { '2.5.4.97': ['PSDIE-1'] },
    { '1.3.6.1.4.1.311.60.2.1.3': ['IE'] },
    { '1.2.840.113549.1.9.1': ['a@example.org'] },
    { '0.9.2342.19200300.100.1.25': ['org'] },
  ]
  const last =
    'DC=org,emailAddress=a@example.org,jurisdictionC=IE,organizationIdentifier=PSDIE-1,postalCode=D01'
  const first = 'CN=J\\C3\\BCrgen #1,OU=Two,OU=Payments,O=Example\\, \\"Ltd\\",C=IE'
  const right = `${last},businessCategory=Private,serialNumber=12,${first}`
  const leaf = await certificateFor(subject, { issuer: root, extensions: [forClients()] })
  const faultAs = (name: string) =>
    certificates.faultOf({ leaf: parsed(leaf), intermediates: [] }, [credentialFor(name, [root])], now)
  expect(await faultAs(right)).toBeUndefined()
  for (const other of [
    first,
    right.replace('DC=org,', ''),
    right.replace('OU=Two,', ''),
    `${right},L=Dublin`,
  ]) {
    expect(await faultAs(other), other).toBe('The certificate is of another name.')
  }
})

test('a certificate whose RSA key anybody can factor may not be registered, whoever vouches for it', async () => {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  // Divisible by three.
  const modulus = Buffer.from((2n ** 2047n + 1n).toString(16), 'hex').toString('base64url')
  const jwk = { kty: 'RSA', n: modulus, e: 'AQAB' }
  const publicKey = await webcrypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify'])
  const keys = { publicKey, privateKey: root.keys.privateKey }
  const { pem } = await certificateFor('CN=machine', { issuer: root, keys, extensions: [forClients()] })
  await expect(parseClientCertificate(pem, now)).rejects.toThrow('small factor')
})
