/** What ends soon is told, soonest first; what goes on, or was taken over, alarms nobody. */
import { X509Certificate } from 'node:crypto'
import { managementScopes } from '@tallystick/management-api/contract'
import { maxWarnings, type Warning } from '@tallystick/management-api/contract/warnings'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeyPair } from '../../../../test/assertion-client.ts'
import { authorityFor, certificateFor } from '../../../../test/certificates.ts'
import { idOf, sampleClient, sampleSecret } from '../../../../test/storage-conformance/samples.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import type { Client } from '../../../domain/client.ts'

const dayMs = 86_400_000
let world: TwoTenants
let passedMs = 0
const now = () => new Date(Date.now() + passedMs)
beforeAll(async () => {
  world = await startTwoTenants({ now })
})
afterAll(() => world.close())

const endOf = (pem: string) => new X509Certificate(pem).validToDate.toISOString()

/** Time passes here, and a token of before would have expired. */
const mine = () => world.mine.connectionWith(managementScopes)

const inDays = (days: number) => new Date(now().getTime() + days * dayMs).toISOString()

async function secretOf(clientId: string): Promise<string> {
  const [secret] = await (await mine()).clientSecrets.list(clientId)
  return secret?.id ?? ''
}

async function newClient(name: string): Promise<{ id: string; secretId: string }> {
  const { client_id: id } = await (await mine()).clients.create({ name })
  return { id, secretId: await secretOf(id) }
}

async function warningsOf(clientId: string, within_days?: number): Promise<Warning[]> {
  const all = await (await mine()).warnings.list(within_days === undefined ? {} : { within_days })
  return all.filter((warning) => warning.client_id === clientId)
}

test.each(['0', '366', '1.5', 'x'])('a number of days that is none is refused: %s', async (days) => {
  const { status, body } = await world.mine.send('GET', `/warnings?within_days=${days}`)
  expect([status, body.errorCode]).toEqual([400, 'invalid_query_string'])
})

test('whoever may not read all of it is told nothing', async () => {
  const scopes = ['read:client_keys', 'read:client_credentials', 'read:trusted_issuers']
  const narrow = await world.mine.connectionWith(scopes)
  await expect(narrow.warnings.list()).rejects.toMatchObject({ status: 403, code: 'insufficient_scope' })
  const wide = await world.mine.connectionWith([...scopes, 'read:signing_keys'])
  expect(await wide.warnings.list()).toEqual(await (await mine()).warnings.list())
})

test('a secret is told of from the day on that was asked for, and not before', async () => {
  const { clientSecrets } = await mine()
  const { id, secretId } = await newClient('billing')
  expect(await warningsOf(id, 365)).toEqual([])
  const expires_at = inDays(10)
  await clientSecrets.update(id, secretId, { expires_at })
  expect(await warningsOf(id, 9)).toEqual([])
  expect(await warningsOf(id)).toEqual([
    {
      type: 'proof_ends',
      description: `The secret ${secretId} of the client billing ends at ${expires_at}; nothing else proves the client from then on.`,
      client_id: id,
      client_name: 'billing',
      credential_type: 'client_secret',
      credential_id: secretId,
      expires_at,
      is_replaced: false,
    },
  ])
  expect(await world.theirs.connection.warnings.list()).toEqual([])
})

test('of a secret that another one outlives, that is said; of the last one, that nothing else does', async () => {
  const { clientSecrets } = await mine()
  const { id, secretId } = await newClient('rotating')
  await clientSecrets.update(id, secretId, { expires_at: inDays(2) })
  await clientSecrets.create(id, { expires_at: inDays(20) })
  expect((await warningsOf(id)).map((one) => [one.credential_id === secretId, one.is_replaced])).toEqual([
    [true, true],
    [false, false],
  ])
})

test('what has ended is told of for a month while nothing took its place, and of a disabled client nothing', async () => {
  const { clients, clientSecrets } = await mine()
  const { id, secretId } = await newClient('forgotten')
  await clientSecrets.update(id, secretId, { expires_at: inDays(1) })
  await clients.update(id, { enabled: false })
  expect(await warningsOf(id)).toEqual([])
  await clients.update(id, { enabled: true })
  passedMs += 2 * dayMs
  expect(await warningsOf(id)).toMatchObject([
    {
      description: expect.stringContaining('; nothing else proves the client any more.'),
      is_replaced: false,
    },
  ])
  await (await mine()).clientSecrets.create(id, {})
  expect(await warningsOf(id)).toEqual([])
})

test('what ends is not hidden by the very many secrets that were replaced', async () => {
  const { clients, clientSecrets, commit } = world.rooms.storage
  const { tenant } = world.mine
  const many = Array.from({ length: maxWarnings + 100 }, (_, at) =>
    sampleClient({
      tenantId: tenant.id,
      id: idOf(`many_${at}`),
      tokenEndpointAuthMethod: 'client_secret_post',
    }),
  )
  const ofClient = ({ tenantId, id: clientId }: Client, id: string, expiresAt: Date | undefined) =>
    clientSecrets.insert(sampleSecret({ tenantId, clientId, id: idOf(id), expiresAt }))
  await commit(
    many.flatMap((client) => [
      clients.insert(client),
      ofClient(client, 'old', new Date(now().getTime() - dayMs)),
      ofClient(client, 'new', undefined),
    ]),
  )
  const { id, secretId } = await newClient('ending behind many')
  const { clientSecrets: secrets } = await mine()
  await secrets.update(id, secretId, { expires_at: inDays(29) })
  expect(await warningsOf(id)).toMatchObject([{ credential_id: secretId }])
  expect(await warningsOf('many_0')).toEqual([])
})

test('a key and a certificate are told of while the client names them, and its old secret is not', async () => {
  const { clients, clientCredentials, clientSecrets } = await mine()
  const { id, secretId } = await newClient('with a key')
  await clientSecrets.update(id, secretId, { expires_at: inDays(3) })
  const { pem } = createKeyPair('ES256')
  const key = await clientCredentials.create(id, {
    credential_type: 'public_key',
    pem,
    expires_at: inDays(5),
  })
  expect((await warningsOf(id)).map((one) => one.credential_type)).toEqual(['client_secret'])
  await clients.update(id, {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials: [{ id: key.id }] } },
  })
  expect(await warningsOf(id)).toMatchObject([{ credential_type: 'public_key', credential_id: key.id }])

  const certificate = await certificateFor('CN=machine', { until: 15 })
  const self = await clientCredentials.create(id, { credential_type: 'x509_cert', pem: certificate.pem })
  await clients.update(id, {
    client_authentication_methods: { self_signed_tls_client_auth: { credentials: [{ id: self.id }] } },
  })
  expect(await warningsOf(id)).toMatchObject([{ credential_type: 'x509_cert', credential_id: self.id }])
})

test('a certified name ends with the last of the authorities that may give it', async () => {
  const { clients } = await mine()
  const [soon, later] = await Promise.all([
    authorityFor('CN=Soon CA', { until: 20 }),
    authorityFor('CN=Later CA', { until: 200 }),
  ])
  const named = (name: string, ...authorities: { pem: string }[]) =>
    clients.create({
      name,
      client_authentication_methods: {
        tls_client_auth: {
          credentials: [
            {
              credential_type: 'cert_san_dns',
              san_dns: 'a.example.org',
              certificate_authorities: authorities.map(({ pem }) => pem),
            },
          ],
        },
      },
    })
  const alone = await named('one authority', soon)
  const both = await named('two authorities', soon, later)
  expect(await warningsOf(both.client_id)).toEqual([])
  expect(await warningsOf(alone.client_id)).toMatchObject([
    { credential_type: 'cert_san_dns', expires_at: endOf(soon.pem), is_replaced: false },
  ])
  expect(await warningsOf(both.client_id, 365)).toMatchObject([{ expires_at: endOf(later.pem) }])
})

test('signing keys that did not turn when they were due are told of, and those without a next one', async () => {
  const { tenant } = world.theirs
  const theirs = () => world.theirs.connectionWith(managementScopes)
  const ofKeys = async () =>
    (await (await theirs()).warnings.list()).map(({ type, alg }) => `${type} ${alg}`).toSorted()
  await (await theirs()).tenantSettings.update({ signing_key_rotation_days: 30 })
  // Since the keys began to sign.
  passedMs = 30.5 * dayMs
  expect(await ofKeys()).toEqual([])
  passedMs = 31.5 * dayMs
  expect(await ofKeys()).toEqual([
    'rotation_overdue ES256',
    'rotation_overdue EdDSA',
    'rotation_overdue RS256',
  ])
  await (await theirs()).tenantSettings.update({ signing_key_rotation_days: null })
  const { signingKeys, commit } = world.rooms.storage
  const next = (await signingKeys.list(tenant.id)).find(
    ({ state, algorithm }) => state === 'next' && algorithm === 'ES256',
  )
  if (next) await commit([signingKeys.remove(tenant.id, next.id)])
  expect(await ofKeys()).toEqual(['next_signing_key_missing ES256'])
})
