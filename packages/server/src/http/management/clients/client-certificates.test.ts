/** Certificates of clients, and names in certificates of authorities, as credentials of the management API. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorityFor, type Certified, certificateFor, x509 } from '../../../../test/certificates.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'

let world: TwoTenants
const made: Record<string, Certified> = {}
beforeAll(async () => {
  world = await startTwoTenants()
  made.own = await certificateFor('CN=billing, O=Example')
  made.expired = await certificateFor('CN=billing', { from: -3, until: -1 })
  made.weak = await certificateFor('CN=billing', {
    algorithm: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
  })
  made.nameless = await certificateFor([])
  made.authority = await authorityFor('CN=Example CA')
  made.constrained = await authorityFor('CN=Example CA', {
    extensions: [new x509.Extension('2.5.29.30', true, new Uint8Array([0x30, 0]))],
  })
})
afterAll(() => world.close())

const of = (name: string): Certified => {
  const certified = made[name]
  if (!certified) throw new Error(`There is no certificate ${name}`)
  return certified
}

async function newClient(): Promise<string> {
  return (await world.mine.connection.clients.create({ name: 'with certificates' })).client_id
}

async function send(method: string, path: string, body: unknown) {
  const response = await world.mine.fetch(`/api/v2/clients${path}`, {
    method,
    headers: { authorization: `Bearer ${await world.mine.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer: Record<string, unknown> = Object(await response.json())
  return { status: response.status, answer }
}

const dn = { credential_type: 'cert_subject_dn', subject_dn: 'CN=billing,O=Example' } as const
const refused: [what: string, body: () => Record<string, unknown>, words: string][] = [
  ['a certificate that is none', () => ({ credential_type: 'x509_cert' }), 'on property pem'],
  [
    'a private key',
    () => ({ credential_type: 'x509_cert', pem: of('own').key }),
    'This holds a private key, which must never leave its owner',
  ],
  [
    'a private key beside the certificate',
    () => ({ credential_type: 'x509_cert', pem: of('own').pem + of('own').key }),
    'This holds a private key',
  ],
  [
    'two certificates at once',
    () => ({ credential_type: 'x509_cert', pem: of('own').pem + of('authority').pem }),
    'Send one PEM block',
  ],
  [
    'what cannot be read',
    () => ({
      credential_type: 'x509_cert',
      pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    }),
    'cannot be read',
  ],
  ['what has expired', () => ({ credential_type: 'x509_cert', pem: of('expired').pem }), 'has expired'],
  ['a weak key', () => ({ credential_type: 'x509_cert', pem: of('weak').pem }), 'must be RSA of 2048'],
  [
    'an algorithm',
    () => ({ credential_type: 'x509_cert', pem: of('own').pem, alg: 'ES256' }),
    'It has no meaning beside the credential_type x509_cert',
  ],
  [
    'an authority for one certificate',
    () => ({
      credential_type: 'x509_cert',
      pem: of('own').pem,
      certificate_authorities: [of('authority').pem],
    }),
    'on property certificate_authorities',
  ],
  ['a name that nobody gives', () => dn, 'send the certificates of the authorities'],
  [
    'a name whose giver is no authority',
    () => ({ ...dn, certificate_authorities: [of('own').pem] }),
    'is not that of an authority',
  ],
  [
    'an authority that sets bounds to names',
    () => ({ ...dn, certificate_authorities: [of('constrained').pem] }),
    'asks for checks that are not made here: 2.5.29.30',
  ],
  ['no authority at all', () => ({ ...dn, certificate_authorities: [] }), 'certificate_authorities'],
  [
    'five authorities',
    () => ({ ...dn, certificate_authorities: Array(5).fill(of('authority').pem) }),
    'certificate_authorities',
  ],
  [
    'a name twice',
    () => ({ ...dn, pem: of('own').pem, certificate_authorities: [of('authority').pem] }),
    'Send the name once',
  ],
  [
    'a name that is none',
    () => ({ ...dn, subject_dn: '/O=Example/CN=billing', certificate_authorities: [of('authority').pem] }),
    'It must be a name such as',
  ],
  [
    'a certificate without a name',
    () => ({
      credential_type: 'cert_subject_dn',
      pem: of('nameless').pem,
      certificate_authorities: [of('authority').pem],
    }),
    'on property pem',
  ],
  [
    'a URI that is none',
    () => ({
      credential_type: 'cert_san_uri',
      san_uri: 'billing',
      certificate_authorities: [of('authority').pem],
    }),
    'a URI',
  ],
  [
    'a host with a wildcard',
    () => ({
      credential_type: 'cert_san_dns',
      san_dns: '*.example.org',
      certificate_authorities: [of('authority').pem],
    }),
    'a host name in lower case',
  ],
  [
    'a subject for a host',
    () => ({ ...dn, credential_type: 'cert_san_dns', certificate_authorities: [of('authority').pem] }),
    'on property subject_dn',
  ],
]
test.each(refused)('%s is refused as a credential', async (_what, body, words) => {
  const id = await newClient()
  const { status, answer } = await send('POST', `/${id}/credentials`, body())
  expect([status, answer.errorCode]).toEqual([400, 'invalid_body'])
  expect(answer.message).toContain(words)
  expect(JSON.stringify(answer)).not.toContain(of('own').key.split('\n')[1])
  expect(await world.mine.connection.clientCredentials.list(id)).toEqual([])
})

test('a certificate is told by its name and its thumbprint, and expires no later than it does itself', async () => {
  const id = await newClient()
  const { pem, der, thumbprint } = of('own')
  const end = new x509.X509Certificate(der).notAfter.toISOString()
  const posted = await send('POST', `/${id}/credentials`, {
    credential_type: 'x509_cert',
    name: 'laptop',
    pem,
    expires_at: '2099-01-01T00:00:00Z',
  })
  expect(posted.status).toBe(201)
  expect(posted.answer).toMatchObject({
    credential_type: 'x509_cert',
    name: 'laptop',
    subject_dn: 'O=Example,CN=billing',
    thumbprint_sha256: thumbprint,
    expires_at: end,
  })
  expect(posted.answer).not.toHaveProperty('alg')
  expect(await world.mine.connection.clientCredentials.list(id)).toEqual([posted.answer])
  const again = await send('POST', `/${id}/credentials`, { credential_type: 'x509_cert', pem })
  expect(again.status).toBe(400)
})

test('a name is told with its authorities, and may come from a certificate that has it', async () => {
  const id = await newClient()
  const certificate_authorities = [of('authority').pem]
  const subject = { credential_type: 'cert_subject_dn', pem: of('own').pem, certificate_authorities }
  const { answer } = await send('POST', `/${id}/credentials`, subject)
  expect(answer).toMatchObject({ credential_type: 'cert_subject_dn', subject_dn: 'O=Example,CN=billing' })
  const [told = ''] = Object(answer.certificate_authorities)
  expect(new x509.X509Certificate(told).equal(new x509.X509Certificate(of('authority').der))).toBe(true)
  const uri = { credential_type: 'cert_san_uri', san_uri: 'spiffe://example.org/a', certificate_authorities }
  expect((await send('POST', `/${id}/credentials`, uri)).answer).toMatchObject({
    san_uri: 'spiffe://example.org/a',
  })
})

test('a method takes credentials of its own types alone, when a client is made and when it is changed', async () => {
  const certificate = { credential_type: 'x509_cert' as const, pem: of('own').pem }
  const name = { ...dn, certificate_authorities: [of('authority').pem] }
  for (const [method, credentials] of [
    ['private_key_jwt', [certificate]],
    ['tls_client_auth', [certificate]],
    ['self_signed_tls_client_auth', [name]],
    ['tls_client_auth', [name, certificate]],
  ] as const) {
    const body = { name: 'x', client_authentication_methods: { [method]: { credentials } } }
    const { status, answer } = await send('POST', '', body)
    expect([status, answer.message], method).toEqual([
      400,
      expect.stringContaining(`proves nothing by ${method}`),
    ])
  }
  const two = {
    tls_client_auth: { credentials: [name] },
    self_signed_tls_client_auth: { credentials: [certificate] },
  }
  expect((await send('POST', '', { name: 'x', client_authentication_methods: two })).status).toBe(400)
  expect((await send('POST', '', { name: 'x', client_authentication_methods: {} })).status).toBe(400)

  const { connection } = world.mine
  const client = await connection.clients.create({
    name: 'with a certificate',
    client_authentication_methods: { self_signed_tls_client_auth: { credentials: [certificate] } },
  })
  expect(client).not.toHaveProperty('client_secret')
  const [credential] = await connection.clientCredentials.list(client.client_id)
  const methods = { self_signed_tls_client_auth: { credentials: [{ id: credential?.id }] } }
  expect(client).toMatchObject({
    token_endpoint_auth_method: null,
    client_authentication_methods: methods,
  })
  const wrong = { tls_client_auth: { credentials: [{ id: String(credential?.id) }] } }
  const changed = await send('PATCH', `/${client.client_id}`, { client_authentication_methods: wrong })
  expect(changed.status).toBe(400)
  await expect(connection.clientCredentials.delete(client.client_id, String(credential?.id))).rejects.toThrow(
    'authenticates with this credential',
  )
})
