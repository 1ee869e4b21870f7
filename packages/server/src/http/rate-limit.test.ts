import { fastify } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { createRateLimiter, maxBuckets, type RateLimit } from './rate-limit.ts'

const start = Date.parse('2030-01-01T00:00:00Z')
let nowMs = start
const apps: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  nowMs = start
  for (const app of apps.splice(0)) await app.close()
})

/** A server that answers 200 or 429, and nothing else. */
function limited(rate: RateLimit) {
  const limiter = createRateLimiter(rate, () => new Date(nowMs))
  const app = fastify()
  apps.push(app)
  app.get('/:caller', async (request, reply) =>
    reply.code(limiter.take(String(Object(request.params).caller), reply) ? 200 : 429).send(),
  )
  return async (caller: string) => {
    const { statusCode, headers } = await app.inject(`/${caller}`)
    const told = ['limit', 'remaining', 'reset'].map((name) => Number(headers[`x-ratelimit-${name}`]))
    return [statusCode, ...told, headers['retry-after']]
  }
}

const seconds = (after: number) => start / 1000 + after

test('who has used up the burst is refused until the next token, to which Retry-After leads, and nobody else is', async () => {
  const ask = limited({ perSecond: 0.5, burst: 2 })
  expect(await ask('a')).toEqual([200, 2, 1, seconds(2), undefined])
  expect(await ask('a')).toEqual([200, 2, 0, seconds(4), undefined])
  expect(await ask('a')).toEqual([429, 2, 0, seconds(4), '2'])
  expect((await ask('b'))[0]).toBe(200)
  nowMs += 1999
  expect(await ask('a')).toEqual([429, 2, 0, seconds(4), '1'])
  nowMs += 1
  expect((await ask('a'))[0]).toBe(200)
})

test('a bucket fills up to the burst and no further, and a clock that was set back takes nothing', async () => {
  const ask = limited({ perSecond: 1, burst: 3 })
  await ask('a')
  nowMs += 3_600_000
  expect((await ask('a'))[2]).toBe(2)
  nowMs -= 7_200_000
  expect((await ask('a'))[2]).toBe(1)
})

test('of too many callers the oldest is forgotten, and one who still asks is not', async () => {
  const limiter = createRateLimiter({ perSecond: 0.001, burst: 1 }, () => new Date(nowMs))
  const app = fastify()
  apps.push(app)
  const taken: boolean[] = []
  app.get('/', async (_, reply) => {
    limiter.take('first', reply)
    for (let caller = 1; caller < maxBuckets; caller += 1) limiter.take(`caller-${caller}`, reply)
    taken.push(limiter.take('first', reply))
    limiter.take('one more', reply)
    taken.push(limiter.take('first', reply), limiter.take('caller-1', reply))
  })
  await app.inject('/')
  expect(taken).toEqual([false, false, true])
})
