/** The same trial for every hostile rule, through the token endpoint, beside a neighbour that must not notice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWatch } from './own-time.ts'
import { processesBelow } from './process-tree.ts'
import { type HostileProgram, hostilePrograms } from './sandbox/hostile-programs.ts'
import { measureSlowdown } from './slowdown.ts'
import {
  credentialsOf,
  startTestServer,
  type TestClient,
  type TestServer,
  type TokenAnswer,
} from './test-server.ts'

const stopAfterMs = 700
const answerWithinMs = stopAfterMs + 500
/** In which harmless ones get to their end on any machine. */
const patienceMs = 20_000
const neighbourEveryMs = 50
const maxNeighbourMs = 500
const resultClaim = 'https://foo.com/result'
/** More than any slice of the fast lane may take, so that the rule goes on in the slow lane. */
const busyStart = 'for (const until = Date.now() + 90; Date.now() < until; );'

export function describeHostileRules(lane: 'fast' | 'slow'): void {
  const isHarmless = ({ returns }: HostileProgram) => returns !== undefined
  describe('rules that get no token', () => {
    describeTrials(
      lane,
      hostilePrograms.filter((program) => !isHarmless(program)),
      stopAfterMs,
    )
  })
  describe('rules that are harmless after all', () => {
    describeTrials(lane, hostilePrograms.filter(isHarmless), patienceMs)
  })
}

function describeTrials(lane: 'fast' | 'slow', programs: readonly HostileProgram[], timeoutMs: number): void {
  let server: TestServer
  let attacker: TestClient
  let neighbour: TestClient
  beforeAll(async () => {
    server = await startTestServer({
      settings: { TALLYSTICK_RULE_RUNNERS: '1', TALLYSTICK_RULE_TIMEOUT_MS: String(timeoutMs) },
    })
    attacker = await server.createClient('attacker', ['read'])
    neighbour = await server.createClient('neighbour', ['read'])
    await server.uploadRule({
      name: 'neighbour',
      source:
        "module.exports = (client, scope, c, d, cb) => cb(null, { scope, 'https://foo.com/hello': client.name })",
      meta: { 'auth0-extension-client': neighbour.id },
    })
  })
  afterAll(() => server.close())

  for (const { name, source, returns } of programs) {
    test(`${lane} lane: ${name} is contained`, async () => {
      await server.uploadRule({
        name: 'hostile',
        source: asRule(lane === 'slow' ? busyStart + source : source),
        meta: { 'auth0-extension-client': attacker.id },
      })
      const stopNeighbour = startNeighbour(server, neighbour)
      const slowdown = measureSlowdown(() => processesBelow(process.pid))
      const startedAt = performance.now()
      const answer = await server.requestToken(credentialsOf(attacker))
      const took = performance.now() - startedAt
      // Whatever it left behind may still hold up others after its answer.
      await new Promise((resolve) => setTimeout(resolve, 150))
      const report = await stopNeighbour()
      const factor = slowdown()

      if (returns === undefined) {
        expect([500, 503]).toContain(answer.status)
        expect(answer.body).not.toHaveProperty('access_token')
        expect(['server_error', 'temporarily_unavailable']).toContain(answer.body.error)
      } else {
        expect(answer.status).toBe(200)
        expect(answer.claims[resultClaim]).toEqual(returns)
      }
      // One that had a processor for less than half of its time may well run out of it.
      const isExcused = ({ status }: TokenAnswer) => status === 500 && factor > 2
      expect(report.failures.filter((answer) => !isExcused(answer))).toEqual([])
      if (returns === undefined) expect(took).toBeLessThan(answerWithinMs * factor)
      expect(report.p99Ms).toBeLessThan(maxNeighbourMs * factor)
    })
  }

  test(`${lane} lane: a normal rule of the attacker works within ten seconds`, async () => {
    await server.uploadRule({
      name: 'hostile',
      source: 'module.exports = (a, scope, c, d, cb) => cb(null, { scope })',
      meta: { 'auth0-extension-client': attacker.id },
    })
    const sinceUploaded = startWatch()
    await expect.poll(async () => (await server.requestToken(credentialsOf(attacker))).status).toBe(200)
    expect(sinceUploaded()).toBeLessThan(10_000)
  })
}

/**
 * The programs hand over a result by returning it, by a promise of it, or by calling `settle`. What they require
 * they require under another name, so that it is asked for when the rule runs and not refused at upload.
 */
function asRule(source: string): string {
  return `const load = require; ${source.replaceAll("require('", "load('")}
    const program = module.exports
    module.exports = (client, scope, audience, context, cb) => {
      const settle = (value) => cb(null, { scope, '${resultClaim}': value })
      const returned = program({}, settle)
      if (returned && typeof returned.then === 'function') return returned.then(settle)
      if (returned !== undefined) settle(returned)
    }`
}

function startNeighbour(server: TestServer, neighbour: TestClient) {
  const durations: number[] = []
  const failures: TokenAnswer[] = []
  const calls: Promise<void>[] = []
  const call = async () => {
    const startedAt = performance.now()
    const answer = await server.requestToken(credentialsOf(neighbour))
    durations.push(performance.now() - startedAt)
    if (answer.claims['https://foo.com/hello'] !== 'neighbour') failures.push(answer)
  }
  const timer = setInterval(() => calls.push(call()), neighbourEveryMs)
  return async () => {
    clearInterval(timer)
    await Promise.all(calls)
    durations.sort((left, right) => left - right)
    return { failures, p99Ms: durations[Math.floor(durations.length * 0.99)] ?? 0 }
  }
}
