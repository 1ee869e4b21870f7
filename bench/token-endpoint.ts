/**
 * The token endpoint of a started server: how soon it is ready, what it holds, and how many tokens a second it issues
 * with a rule in the pipeline and every exchange on disk before its answer.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../packages/server/test/free-port.ts'
import { type ServerProcess, startServerProcess } from '../packages/server/test/server-process.ts'
import { countCommits } from './commit-count.ts'
import { LoadGenerator } from './load.ts'
import { bytesWritten, cpuMicroseconds, type Memory, memoryOf } from './process-figures.ts'
import { median } from './statistics.ts'
import { type Algorithm, algorithms, checkToken, prepareTokenRequests } from './token-requests.ts'

const rounds = 5
const roundMs = 5000
const warmUpMs = 4000
const maxRequestsPerRound = 200_000
const connections = 32
const starts = 5
const restMs = 5000

/** One round of load; the CPU and the disk figures are for one request. */
export interface Round {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
  /** CPU microseconds of the server process, of its runners, and of the load generator. */
  readonly serverCpu: number
  readonly runnerCpu: number
  readonly generatorCpu: number
  readonly requestsPerCommit: number
  readonly kbWritten: number
}

export interface TokenEndpointFigures {
  readonly connections: number
  readonly rounds: number
  readonly roundMs: number
  /** After the first start, which makes keys, and the median of later starts. */
  readonly firstReadyMs: number
  readonly readyMs: number
  /** Of all processes of the server, before the first request and some seconds after the last. */
  readonly memoryBefore: Memory
  readonly memoryAfter: Memory
  readonly load: ReadonlyMap<Algorithm, readonly Round[]>
}

export async function measureTokenEndpoint(): Promise<TokenEndpointFigures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  try {
    const port = await findFreePort()
    const start = () => startServerProcess({ dataDir, port })
    const firstStart = await start()
    await firstStart.stop()
    const readyMs = await measureStarts(start)
    const server = await start()
    try {
      await delay(restMs)
      const memoryBefore = memoryOf(server.processes())
      const load = await measureLoad(server, dataDir)
      await delay(restMs)
      const memoryAfter = memoryOf(server.processes())
      const { readyMs: firstReadyMs } = firstStart
      return { connections, rounds, roundMs, firstReadyMs, readyMs, memoryBefore, memoryAfter, load }
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function measureStarts(start: () => Promise<ServerProcess>): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < starts; count += 1) {
    const server = await start()
    times.push(server.readyMs)
    await server.stop()
  }
  return median(times)
}

async function measureLoad(server: ServerProcess, dataDir: string): Promise<Map<Algorithm, Round[]>> {
  const requests = await prepareTokenRequests(server.url, dataDir)
  using generator = new LoadGenerator()
  const { hostname: host, port } = new URL(server.url)
  const job = { host, port: Number(port), connections, maxRequests: maxRequestsPerRound }
  const results = new Map<Algorithm, Round[]>(algorithms.map((algorithm) => [algorithm, []]))
  for (const algorithm of algorithms) {
    await generator.run({ ...job, rawRequest: requests[algorithm], forMs: warmUpMs })
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const algorithm of algorithms) {
      const before = readCounters(server, dataDir)
      const load = await generator.run({ ...job, rawRequest: requests[algorithm], forMs: roundMs })
      const after = readCounters(server, dataDir)
      checkToken(load.sampleBody, algorithm)
      results.get(algorithm)?.push({
        requestsPerSecond: (load.requests - load.errors) / (load.durationMs / 1000),
        p50Ms: load.p50Ms,
        p99Ms: load.p99Ms,
        errors: load.errors,
        serverCpu: (after.serverCpu - before.serverCpu) / load.requests,
        runnerCpu: (after.runnerCpu - before.runnerCpu) / load.requests,
        generatorCpu: load.cpuMicroseconds / load.requests,
        requestsPerCommit: load.requests / (after.commits - before.commits),
        kbWritten: (after.written - before.written) / 1024 / load.requests,
      })
    }
  }
  return results
}

function readCounters(server: ServerProcess, dataDir: string) {
  const [serverPid = server.pid, ...runners] = server.processes()
  return {
    serverCpu: cpuMicroseconds(serverPid),
    runnerCpu: runners.reduce((total, pid) => total + cpuMicroseconds(pid), 0),
    commits: countCommits(join(dataDir, 'tallystick.db')),
    written: bytesWritten(serverPid),
  }
}
