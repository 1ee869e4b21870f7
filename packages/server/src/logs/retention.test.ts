import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleToken } from '../../test/storage-conformance/issued-tokens.ts'
import { logId, sampleExchange } from '../../test/storage-conformance/log-samples.ts'
import {
  acme,
  globex,
  idOf,
  sampleClient,
  sampleRule,
  sampleSecret,
  sampleVersion,
} from '../../test/storage-conformance/samples.ts'
import type { TokenId } from '../domain/issued-token.ts'
import type { EncryptedValue } from '../domain/rule.ts'
import type { Storage } from '../domain/storage.ts'
import { openStorage } from '../storage/storage.ts'
import { createRetention, rowsPerStep } from './retention.ts'

const day = 86_400_000
const start = new Date('2030-06-01T00:00:00Z')
let present = start
const now = () => present

let dataDir: string
let storage: Storage

beforeEach(async () => {
  present = start
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-retention-'))
  storage = await openStorage({ dataDir, now })
  await storage.migrate()
  await storage.commit([storage.tenants.insert(acme), storage.tenants.insert(globex)])
})
afterEach(async () => {
  await storage.close()
  rmSync(dataDir, { recursive: true })
})

const daysAgo = (days: number) => new Date(start.getTime() - days * day)
const entryAt = (number: number, at: Date) => storage.logEntries.insert(sampleExchange(number, { at }))
const recordAt = (number: number, at: Date) =>
  storage.exchangeRecords.insert({
    tenantId: acme.id,
    id: logId(number),
    at,
    content: idOf<EncryptedValue>('e1.a.b'),
  })

test('log entries stay thirty days and exchange records seven, to the millisecond', async () => {
  await storage.commit([
    entryAt(1, new Date(daysAgo(30).getTime() - 1)),
    entryAt(2, daysAgo(30)),
    recordAt(1, new Date(daysAgo(7).getTime() - 1)),
    recordAt(2, daysAgo(7)),
  ])
  await createRetention({ storage, now }).removeExpired()
  const left = await storage.logEntries.listAfter(acme.id, undefined, 10)
  expect(left.map((entry) => entry.id)).toEqual([logId(2)])
  expect(await storage.exchangeRecords.find(acme.id, logId(1))).toBeUndefined()
  expect(await storage.exchangeRecords.find(acme.id, logId(2))).toBeDefined()
})

test('a spent proof stays for a day after it has expired, so that no clock set back makes it good again', async () => {
  const spent = { tenantId: acme.id, kind: 'client_assertion', holder: 'client_1' } as const
  const spend = (jti: string, expiresAt: Date) => storage.spentProofs.insert({ ...spent, jti, expiresAt })
  await storage.commit([spend('kept', daysAgo(1)), spend('removed', new Date(daysAgo(1).getTime() - 1))])
  await createRetention({ storage, now }).removeExpired()
  const isSpent = (jti: string) => storage.spentProofs.isSpent({ ...spent, jti })
  expect([await isSpent('kept'), await isSpent('removed')]).toEqual([true, false])
})

test('an expired token and a revocation stay for a day, so that no clock set back makes either good again', async () => {
  const justOver = new Date(daysAgo(1).getTime() - 1)
  const tokenUntil = (jti: string, expiresAt: Date) =>
    storage.issuedTokens.insert(sampleToken({ jti: idOf(jti), expiresAt, opaque: opaqueNamed(jti) }))
  const revokedUntil = (jti: string, expiresAt: Date) =>
    storage.revocations.put({ tenantId: acme.id, subject: subjectOf(jti), revokedAt: start, expiresAt })
  await storage.commit([
    tokenUntil('kept', daysAgo(1)),
    tokenUntil('removed', justOver),
    revokedUntil('kept', daysAgo(1)),
    revokedUntil('removed', justOver),
  ])
  await createRetention({ storage, now }).removeExpired()
  expect(await storage.issuedTokens.findByHash(acme.id, Buffer.from('kept'))).toBeDefined()
  expect(await storage.issuedTokens.findByHash(acme.id, Buffer.from('removed'))).toBeUndefined()
  expect(await storage.revocations.find(acme.id, subjectOf('kept'))).toBeDefined()
  expect(await storage.revocations.find(acme.id, subjectOf('removed'))).toBeUndefined()
})

const opaqueNamed = (name: string) => ({
  hash: new Uint8Array(Buffer.from(name)),
  encryptedClaims: idOf<EncryptedValue>('e1.a.b'),
})
const subjectOf = (jti: string) => ({ kind: 'token', jti: idOf<TokenId>(jti) }) as const

test('an expired client secret is listed for thirty days, to the millisecond; one that lives stays', async () => {
  const { clients, clientSecrets } = storage
  const secretUntil = (id: string, expiresAt: Date | undefined) =>
    clientSecrets.insert(sampleSecret({ id: idOf(id), expiresAt }))
  await storage.commit([
    clients.insert(sampleClient()),
    secretUntil('removed', new Date(daysAgo(30).getTime() - 1)),
    secretUntil('kept', daysAgo(30)),
    secretUntil('lasting', undefined),
  ])
  await createRetention({ storage, now }).removeExpired()
  const left = await clientSecrets.list(acme.id, sampleClient().id)
  expect(left.map(({ id }) => id)).toEqual(['kept', 'lasting'])
})

test('answers to repeated requests stay a day, to the millisecond', async () => {
  const answerAt = (keyHash: string, at: Date) =>
    storage.idempotentAnswers.insert({
      tenantId: acme.id,
      clientId: idOf('client_1'),
      keyHash,
      at,
      content: idOf('e1.a.b'),
    })
  await storage.commit([answerAt('old', new Date(daysAgo(1).getTime() - 1)), answerAt('young', daysAgo(1))])
  await createRetention({ storage, now }).removeExpired()
  expect(await storage.idempotentAnswers.find(acme.id, idOf('client_1'), 'old')).toBeUndefined()
  expect(await storage.idempotentAnswers.find(acme.id, idOf('client_1'), 'young')).toBeDefined()
})

test('more than one step’s worth goes step by step', async () => {
  const numbers = Array.from({ length: rowsPerStep * 2 + 1 }, (_, at) => at)
  await storage.commit(numbers.map((number) => entryAt(number, daysAgo(31))))
  const steps: number[] = []
  const commit: Storage['commit'] = (writes) => {
    steps.push(writes.length)
    return storage.commit(writes)
  }
  await createRetention({ storage: { ...storage, commit }, now }).removeExpired()
  expect(await storage.logEntries.oldestAt()).toBeUndefined()
  expect(steps).toEqual([1, 1, 1, 2])
})

test('versions of a removed rule stay as long as a record may name them', async () => {
  const version = sampleVersion()
  await storage.commit([storage.rules.insert(sampleRule()), storage.rules.insertVersion(version)])
  await storage.commit([storage.rules.remove(acme.id, version.ruleId)])
  const retention = createRetention({ storage, now })
  present = new Date(start.getTime() + 7 * day)
  await retention.removeExpired()
  expect(await storage.rules.findVersion(acme.id, version.id)).toBeDefined()
  present = new Date(start.getTime() + 7 * day + 1)
  await retention.removeExpired()
  expect(await storage.rules.findVersion(acme.id, version.id)).toBeUndefined()
})

test('old versions of a living rule go once no record can name them', async () => {
  const versions = Array.from({ length: 60 }, (_, at) =>
    sampleVersion({ id: idOf(`ver_${at + 1}`), number: at + 1, createdAt: start }),
  )
  const rule = sampleRule({ activeVersionId: idOf('ver_60') })
  await storage.commit([storage.rules.insert(rule), ...versions.map(storage.rules.insertVersion)])
  const retention = createRetention({ storage, now })
  const kept = async () => (await storage.rules.versions(acme.id, rule.id)).length
  present = new Date(start.getTime() + 7 * day)
  await retention.removeExpired()
  expect(await kept()).toBe(60)
  present = new Date(start.getTime() + 7 * day + 1)
  await retention.removeExpired()
  expect(await kept()).toBe(51)
})

test('stopping ends a removal after its present step', async () => {
  const numbers = Array.from({ length: rowsPerStep * 3 }, (_, at) => at)
  await storage.commit(numbers.map((number) => entryAt(number, daysAgo(31))))
  const stops: Promise<void>[] = []
  const commit: Storage['commit'] = (writes) => {
    stops.push(retention.stop())
    return storage.commit(writes)
  }
  const retention = createRetention({ storage: { ...storage, commit }, now })
  await retention.removeExpired()
  await Promise.all(stops)
  expect(await storage.logEntries.count(acme.id, {})).toBe(rowsPerStep * 2)
})
