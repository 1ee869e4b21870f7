/**
 * A process of its own that keeps a number of connections busy: each sends its next request when the last one
 * is answered. Takes jobs from its parent, one at a time, and hands back a result for each.
 */
import { KeepAliveConnection } from './keep-alive-connection.ts'
import type { LoadJob, LoadResult } from './load-job.ts'
import { quantile } from './statistics.ts'

process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error
    },
  )
})
process.on('disconnect', () => process.exit())

async function run(job: LoadJob): Promise<LoadResult> {
  const latencies: number[] = []
  let errors = 0
  let sampleBody = ''
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const endsAt = startedAt + job.forMs

  async function keepBusy(): Promise<void> {
    const connection = new KeepAliveConnection(job.host, job.port)
    for (let at = performance.now(); at < endsAt && latencies.length < job.maxRequests; ) {
      const answer = await connection.send(job.rawRequest).catch(() => undefined)
      const answeredAt = performance.now()
      latencies.push(answeredAt - at)
      at = answeredAt
      if (answer?.status === 200) sampleBody = answer.body
      else errors += 1
      if (!answer) break
    }
    connection.close()
  }

  await Promise.all(Array.from({ length: job.connections }, keepBusy))
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    requests: latencies.length,
    errors,
    durationMs: performance.now() - startedAt,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    cpuMicroseconds: user + system,
    sampleBody,
  }
}
