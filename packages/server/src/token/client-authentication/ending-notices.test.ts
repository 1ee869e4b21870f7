import { expect, test } from 'vitest'
import { authorityFor } from '../../../test/certificates.ts'
import { logId } from '../../../test/storage-conformance/log-samples.ts'
import {
  globex,
  sampleClient,
  sampleCredential,
  sampleSecret,
} from '../../../test/storage-conformance/samples.ts'
import type { CertifiedNameCredential } from '../../domain/client-credential.ts'
import { createEndOfCredential } from '../../keys/certificate/credential-end.ts'
import { createNoticeEnding, type NoticeEnding, type UsedProof } from './ending-notices.ts'

const noon = new Date('2030-06-01T12:00:00.000Z')
const dayMs = 86_400_000
const client = sampleClient()

function noticing(): (used: UsedProof, at?: Date) => ReturnType<NoticeEnding> {
  let made = 100
  const newLogEntryId = () => logId(made++)
  const notice = createNoticeEnding({ endOfCredential: createEndOfCredential(), newLogEntryId })
  return (used, at = noon) =>
    notice(used, { id: logId(1), at, ip: '10.0.0.1', userAgent: 'curl', durationMs: 3 })
}

const endingIn = (days: number, ms = 0) => new Date(noon.getTime() + days * dayMs + ms)
const secretEnding = (expiresAt: Date | undefined) => ({ client, usedSecret: sampleSecret({ expiresAt }) })
const keyEnding = (expiresAt: Date | undefined) => ({
  client,
  usedCredential: sampleCredential({ expiresAt }),
})

test('nothing is said of what does not end, or ends later than in thirty days', () => {
  const notice = noticing()
  expect(notice(secretEnding(undefined))).toBeUndefined()
  expect(notice(secretEnding(endingIn(30, 1)))).toBeUndefined()
  expect(notice(keyEnding(undefined))).toBeUndefined()
  expect(notice(keyEnding(endingIn(30, 1)))).toBeUndefined()
  expect(notice({ client })).toBeUndefined()
})

test('nor of a proof that was taken back because another request had used it at the same time', () => {
  const { usedSecret } = secretEnding(endingIn(1))
  expect(noticing()({ usedSecret })).toBeUndefined()
})

test('the warning names the secret, its end and the request, and is an entry of its own', () => {
  expect(noticing()(secretEnding(endingIn(30)))).toEqual({
    type: 'w',
    tenantId: client.tenantId,
    id: logId(100),
    at: noon,
    description: 'The secret sec_1, which was used, ends at 2030-07-01T12:00:00.000Z.',
    clientId: client.id,
    clientName: client.name,
    ip: '10.0.0.1',
    userAgent: 'curl',
    durationMs: 3,
    requestId: logId(1),
    proof: { type: 'client_secret', id: 'sec_1', expiresAt: endingIn(30) },
  })
})

test('it comes once a day (UTC) for each secret and credential', () => {
  const notice = noticing()
  const secret = secretEnding(endingIn(20))
  const key = keyEnding(endingIn(20))
  expect([notice(secret), notice(secret), notice(key), notice(key)].map((entry) => entry?.proof.id)).toEqual([
    'sec_1',
    undefined,
    'cred_1',
    undefined,
  ])
  expect(notice(secret, new Date('2030-06-01T23:59:59.999Z'))).toBeUndefined()
  expect(notice(secret, new Date('2030-06-02T00:00:00.000Z'))).toBeDefined()
  // Of the same id, and another tenant's.
  expect(notice({ ...secret, client: sampleClient({ tenantId: globex.id }) })).toBeDefined()
})

test('a name that authorities certify ends with the last of them, or when it was told to', async () => {
  const [soon, later] = await Promise.all([
    authorityFor('CN=Soon CA', { until: 20 }),
    authorityFor('CN=Later CA', { until: 200 }),
  ])
  const base64 = ({ der }: typeof soon) => Buffer.from(der).toString('base64')
  const { algorithm: _, publicJwk: __, ...ofClient } = sampleCredential({ expiresAt: undefined })
  const named = (authorities: string[], expiresAt?: Date): CertifiedNameCredential => ({
    ...ofClient,
    type: 'cert_san_dns',
    certifiedName: 'a.example.org',
    authorities,
    expiresAt,
  })
  const at = new Date()
  const daysLeft = (credential: CertifiedNameCredential) => {
    const entry = noticing()({ client, usedCredential: credential }, at)
    return entry && Math.round((entry.proof.expiresAt.getTime() - at.getTime()) / dayMs)
  }
  expect(daysLeft(named([base64(soon)]))).toBe(20)
  expect(daysLeft(named([base64(soon), base64(later)]))).toBeUndefined()
  expect(daysLeft(named([base64(later)], new Date(at.getTime() + 2 * dayMs)))).toBe(2)
})
