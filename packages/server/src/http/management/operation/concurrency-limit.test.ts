import { expect, test } from 'vitest'
import { acme, globex } from '../../../../test/storage-conformance/samples.ts'
import { createConcurrencyLimit } from './concurrency-limit.ts'

const refused = {
  code: 'too_many_requests',
  message: '2 searches are under way already. Send it again when one of them has been answered.',
}

test('one more than there may be of a tenant is refused, until one of them has ended, well or not', async () => {
  const withinLimit = createConcurrencyLimit(2, 'searches')
  const [well, badly] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  const begun = [withinLimit(acme.id, () => well.promise), withinLimit(acme.id, () => badly.promise)]
  const more = () => withinLimit(acme.id, async () => 'done')
  await expect(more()).rejects.toMatchObject(refused)
  expect(await withinLimit(globex.id, async () => 'theirs')).toBe('theirs')
  badly.reject(new Error('broken'))
  await expect(begun[1]).rejects.toThrow('broken')
  expect([await more(), await more()]).toEqual(['done', 'done'])
  const third = withinLimit(acme.id, () => well.promise)
  await expect(more()).rejects.toMatchObject(refused)
  well.resolve('found')
  expect([await begun[0], await third, await more()]).toEqual(['found', 'found', 'done'])
})
