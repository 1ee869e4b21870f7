/** What the figures were measured on: they mean nothing without it. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

export function describeMachine(): string[] {
  const gb = (totalmem() / 2 ** 30).toFixed(1)
  return [
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${gb} GB memory`,
    `${type()} ${release()}, Node ${process.versions.node}, V8 ${process.versions.v8}`,
    `${new Date().toISOString()}, load average before the run ${loadavg()[0]?.toFixed(2)}`,
  ]
}
