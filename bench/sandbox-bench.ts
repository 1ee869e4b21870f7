/**
 * What the sandbox costs: CPU of a warm call in the whole process tree, latency at a steady rate, a cold
 * load, and the memory of a loaded program. Five rounds, medians.
 */
import { readFileSync } from 'node:fs'
import type { Sandbox } from '../packages/server/src/sandbox/invocation.ts'
import { createSandbox } from '../packages/server/src/sandbox/pool.ts'

const rounds = 5
const callsPerSecond = 5000
const steadySeconds = 2
const coldPrograms = 200
/** Clock ticks of /proc/<pid>/stat. */
const ticksPerSecond = 100

const adapter = `(exported) => (input, settle) => exported(
  input.client, input.scope, input.audience, input.context, (error, result) => settle({ error, result }))`
const source = `module.exports = function (client, scope, audience, context, cb) {
  var access_token = {}
  access_token['https://foo.com/claim'] = 'bar'
  access_token.scope = scope
  access_token.scope.push('extra')
  console.log('for', client.name)
  cb(null, access_token)
}`
const inputJson = JSON.stringify({
  client: { tenant: 'demo', id: 'x'.repeat(32), name: 'bench', metadata: { some_metadata: 'my metadata' } },
  scope: ['test'],
  audience: 'https://api.example.com/',
  context: {
    ip: '127.0.0.1',
    userAgent: 'bench',
    webtask: { secrets: { KEY: 'value' }, data: {}, headers: {} },
  },
})

export async function benchSandbox(print: (line: string) => void): Promise<void> {
  const startedAt = performance.now()
  const sandbox = await createSandbox({
    limits: { timeoutMs: 1000, memoryMb: 64, maxFetchBytes: 1_000_000, maxConsoleBytes: 16_384 },
    egress: { privateCidrs: [], ownListener: () => [] },
    log: (event) => print(`  ${event.kind}`),
  })
  print(`sandbox ready after ${Math.round(performance.now() - startedAt)} ms`)
  try {
    await measure(sandbox, print)
  } finally {
    await sandbox.close()
  }
}

async function measure(sandbox: Sandbox, print: (line: string) => void): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const resident = sandbox.runnerPids().map(residentMb)
  print(`runner processes at rest: ${resident.map((mb) => `${mb.toFixed(0)} MB`).join(', ')}`)
  for (let call = 0; call < 20_000; call++) await invoke(sandbox, 'warm')
  const saturated: number[] = []
  for (let round = 0; round < rounds; round++) saturated.push(await saturatedRound(sandbox))
  print(`warm call, CPU of all processes, 64 at a time: ${median(saturated).toFixed(1)} µs (to reach: 50)`)
  const steady: Steady[] = []
  const bare: Steady[] = []
  for (let round = 0; round < rounds; round++) {
    steady.push(await steadyRound(sandbox, () => invoke(sandbox, 'warm')))
    bare.push(await steadyRound(sandbox, () => Promise.resolve()))
  }
  const perCall = median(steady.map((s) => s.cpuMicroseconds))
  const ofGenerator = median(bare.map((s) => s.cpuMicroseconds))
  print(`the same at ${callsPerSecond} calls/s: ${(perCall - ofGenerator).toFixed(1)} µs (to reach: 50)`)
  print(`and ${ofGenerator.toFixed(1)} µs of the load generator, measured with calls that do nothing`)
  const [p50, p99] = [median(steady.map((s) => s.p50Ms)), median(steady.map((s) => s.p99Ms))]
  print(`at ${callsPerSecond} calls/s: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`)
  const cold: number[] = []
  const before = sum(sandbox.runnerPids().map(residentMb))
  for (let program = 0; program < coldPrograms; program++) {
    const at = performance.now()
    await invoke(sandbox, `cold-${program}`)
    cold.push(performance.now() - at)
  }
  const growth = sum(sandbox.runnerPids().map(residentMb)) - before
  print(`cold load with first call: median ${median(cold).toFixed(1)} ms (to reach: 20)`)
  print(`memory of a loaded program: ${(growth / coldPrograms).toFixed(2)} MB (to reach: 2)`)
}

/** Microseconds of CPU a call, with 64 calls under way at any time. */
async function saturatedRound(sandbox: Sandbox): Promise<number> {
  const total = 30_000
  const pids = [process.pid, ...sandbox.runnerPids()]
  const cpuBefore = sum(pids.map(cpuSeconds))
  let begun = 0
  const callInTurn = async () => {
    while (begun++ < total) await invoke(sandbox, 'warm')
  }
  await Promise.all(Array.from({ length: 64 }, callInTurn))
  return ((sum(pids.map(cpuSeconds)) - cpuBefore) / total) * 1e6
}

interface Steady {
  readonly cpuMicroseconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Open loop: calls leave when they are due, whatever became of those before. */
async function steadyRound(sandbox: Sandbox, call: () => Promise<void>): Promise<Steady> {
  const total = callsPerSecond * steadySeconds
  const durations: number[] = []
  const pids = [process.pid, ...sandbox.runnerPids()]
  const cpuBefore = sum(pids.map(cpuSeconds))
  const startedAt = performance.now()
  const calls: Promise<void>[] = []
  while (calls.length < total) {
    const due = Math.min(total, ((performance.now() - startedAt) / 1000) * callsPerSecond)
    while (calls.length < due) {
      const at = performance.now()
      calls.push(
        call().then(() => {
          durations.push(performance.now() - at)
        }),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(calls)
  const cpu = sum(pids.map(cpuSeconds)) - cpuBefore
  durations.sort((left, right) => left - right)
  const at = (share: number) => durations[Math.floor(durations.length * share)] ?? 0
  return { cpuMicroseconds: (cpu / total) * 1e6, p50Ms: at(0.5), p99Ms: at(0.99) }
}

async function invoke(sandbox: Sandbox, id: string): Promise<void> {
  const { outcome } = await sandbox.invoke({
    program: {
      id,
      owner: 'bench',
      load: async () => ({ prologue: '', source, adapter, modules: undefined }),
    },
    inputJson,
    seed: 'A'.repeat(43),
    egressAllow: [],
    onConsole: () => undefined,
  })
  if (outcome.kind !== 'returned') throw new Error(`A call of the benchmark ended with ${outcome.kind}.`)
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
