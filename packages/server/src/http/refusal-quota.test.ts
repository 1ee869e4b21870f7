import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleChange } from '../../test/storage-conformance/log-samples.ts'
import { openTestDoor, type TestDoor } from '../../test/webtask-door.ts'
import { createRefusalQuota, maxRefusalsOnRecord } from './refusal-quota.ts'

let door: TestDoor
beforeEach(async () => {
  door = await openTestDoor()
})
afterEach(() => door.close())

async function refusedChanges(count: number, { token = 'wrong', remoteAddress = '10.0.0.1' } = {}) {
  for (let at = 0; at < count; at++) {
    const { statusCode } = await door.app.inject({
      method: 'POST',
      url: '/api/tokens/issue',
      remoteAddress,
      headers: { authorization: `Bearer ${token}` },
    })
    expect(statusCode).toBeGreaterThanOrEqual(400)
  }
}

const onRecord = () => door.storage.logEntries.count(door.a.tenant.id, { type: 'fapi' })

test('a stranger fills the log with so many refusals in a minute and no more; others have their own', async () => {
  await refusedChanges(maxRefusalsOnRecord + 20)
  expect(await onRecord()).toBe(maxRefusalsOnRecord)
  await refusedChanges(1, { remoteAddress: '10.0.0.2' })
  expect(await onRecord()).toBe(maxRefusalsOnRecord + 1)
})

test('every refusal of a caller who is known is on record', async () => {
  await refusedChanges(maxRefusalsOnRecord + 20, { token: door.a.token })
  expect(await onRecord()).toBe(maxRefusalsOnRecord + 20)
})

test('how many were left out is told in one entry, that of the last of them', async () => {
  const told: unknown[] = []
  const quota = createRefusalQuota(async (entry) => void told.push(entry))
  for (let at = 0; at < maxRefusalsOnRecord; at++) expect(quota.admit(sampleChange(at))).toBe(true)
  for (let at = 100; at < 107; at++) expect(quota.admit(sampleChange(at))).toBe(false)
  await quota.close()
  const { id } = sampleChange(106)
  expect(told).toEqual([
    expect.objectContaining({ id, description: expect.stringMatching(/^7 refused changes/) }),
  ])
  expect(quota.admit(sampleChange(107))).toBe(true)
})
