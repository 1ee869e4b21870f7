/** The figures of the token endpoint, each beside its target where it has one. */
import { againstTarget, digits, printLine, printTable } from './print-table.ts'
import { median } from './statistics.ts'
import type { Round, TokenEndpointFigures } from './token-endpoint.ts'

const columns: readonly [string, (round: Round) => number][] = [
  ['requests/s', (round) => round.requestsPerSecond],
  ['p50 ms', (round) => round.p50Ms],
  ['p99 ms', (round) => round.p99Ms],
  ['errors', (round) => round.errors],
  ['CPU µs/request', (round) => round.serverCpu + round.runnerCpu],
  ['(server', (round) => round.serverCpu],
  ['runners)', (round) => round.runnerCpu],
  ['generator', (round) => round.generatorCpu],
  ['requests/commit', (round) => round.requestsPerCommit],
  ['kB written/request', (round) => round.kbWritten],
]

export function printTokenEndpoint(figures: TokenEndpointFigures): void {
  const { memoryBefore, memoryAfter } = figures
  printLine('Server: start, and memory of all its processes')
  printTable([
    ['', 'measured', 'target', ''],
    ['ready after the first start, ms', ...againstTarget(figures.firstReadyMs, { atMost: 2000 })],
    ['ready after a later start, ms', ...againstTarget(figures.readyMs, { atMost: 2000 })],
    ['resident before any request, MB', ...againstTarget(memoryBefore.residentMb, { atMost: 300 })],
    ['resident at rest after the load, MB', ...againstTarget(memoryAfter.residentMb, { atMost: 300 })],
    ['the same, shared pages counted once', digits(memoryAfter.proportionalMb)],
  ])
  printLine()
  const { connections, rounds, roundMs } = figures
  printLine('Token endpoint: one rule, every exchange and its record on disk before the answer')
  printLine(
    `${connections} connections, medians of ${rounds} rounds of ${roundMs / 1000} s, least and most below`,
  )
  printTable([['', ...columns.map(([name]) => name)], ...[...figures.load].flatMap(loadRows)])
  const es256 = figures.load.get('ES256') ?? []
  printLine()
  printTable([
    [
      'ES256 tokens/s',
      ...againstTarget(median(es256.map((round) => round.requestsPerSecond)), { atLeast: 4000 }),
    ],
  ])
}

function loadRows([algorithm, rounds]: readonly [string, readonly Round[]]): string[][] {
  const row = (name: string, choose: (figures: number[]) => number) => [
    name,
    ...columns.map(([, figure]) => digits(choose(rounds.map(figure)))),
  ]
  return [
    row(algorithm, median),
    row('  least', (all) => Math.min(...all)),
    row('  most', (all) => Math.max(...all)),
  ]
}
