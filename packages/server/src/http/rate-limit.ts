/**
 * How many requests one caller may make: a token bucket for each, filled at a steady rate. The headers tell how many
 * tokens are left.
 */
import type { FastifyReply } from 'fastify'

export interface RateLimit {
  /** Requests per second in the long run. */
  readonly perSecond: number
  /** Requests that may come at once after a pause. */
  readonly burst: number
}

export interface RateLimiter {
  /** Takes one token and says so in the answer's headers; false when there was none. */
  take(caller: string, reply: FastifyReply): boolean
}

interface Bucket {
  tokens: number
  atMs: number
}

/**
 * Callers whose buckets are kept. Beyond that full buckets are forgotten first, which changes nothing, then the least
 * recently used.
 */
export const maxBuckets = 10_000

export function createRateLimiter({ perSecond, burst }: RateLimit, now: () => Date): RateLimiter {
  const buckets = new Map<string, Bucket>()

  function present(caller: string, nowMs: number): Bucket {
    const known = buckets.get(caller)
    const elapsedMs = known ? Math.max(0, nowMs - known.atMs) : 0
    const tokens = known ? Math.min(burst, known.tokens + (elapsedMs * perSecond) / 1000) : burst
    return { tokens, atMs: nowMs }
  }

  function keep(caller: string, bucket: Bucket): void {
    // Moved to the end: the order of the map is the order of use.
    buckets.delete(caller)
    buckets.set(caller, bucket)
    if (buckets.size <= maxBuckets) return
    for (const [other, { tokens, atMs }] of buckets) {
      if (tokens + ((bucket.atMs - atMs) * perSecond) / 1000 < burst) break
      buckets.delete(other)
    }
    const [oldest] = buckets.keys()
    if (buckets.size > maxBuckets && oldest !== undefined) buckets.delete(oldest)
  }

  return {
    take(caller, reply) {
      const nowMs = now().getTime()
      const bucket = present(caller, nowMs)
      const isGiven = bucket.tokens >= 1
      if (isGiven) bucket.tokens -= 1
      keep(caller, bucket)
      const fullAt = nowMs / 1000 + (burst - bucket.tokens) / perSecond
      reply.header('x-ratelimit-limit', String(burst))
      reply.header('x-ratelimit-remaining', String(Math.floor(bucket.tokens)))
      reply.header('x-ratelimit-reset', String(Math.ceil(fullAt)))
      if (!isGiven) reply.header('retry-after', String(Math.ceil((1 - bucket.tokens) / perSecond)))
      return isGiven
    },
  }
}
