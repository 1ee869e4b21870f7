/** The same trial for every hostile rule, through the token endpoint, beside a neighbour that must not notice. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hostilePrograms } from './sandbox/hostile-programs.ts'
import { measureStolenTime } from './stolen-time.ts'
import { credentialsOf, startTestServer, type TestClient, type TestServer } from './test-server.ts'

/** The default. */
const timeoutMs = 1000
const answerWithinMs = timeoutMs + 500
const neighbourEveryMs = 50
const maxNeighbourP99Ms = 500
const resultClaim = 'https://foo.com/result'
/** More than any slice of the fast lane may take, so that the rule goes on in the slow lane. */
const busyStart = 'for (const until = Date.now() + 90; Date.now() < until; );'

export function describeHostileRules(lane: 'fast' | 'slow'): void {
  let server: TestServer
  let attacker: TestClient
  let neighbour: TestClient
  beforeAll(async () => {
    server = await startTestServer({
      settings: { TALLYSTICK_RULE_RUNNERS: '1' },
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

  for (const { name, source, returns } of hostilePrograms) {
    test(`${lane} lane: ${name} is contained`, async () => {
      await server.uploadRule({
        name: 'hostile',
        source: asRule(lane === 'slow' ? busyStart + source : source),
        meta: { 'auth0-extension-client': attacker.id },
      })
      const stopNeighbour = startNeighbour(server, neighbour)
      const stolen = measureStolenTime()
      const startedAt = performance.now()
      const answer = await server.requestToken(credentialsOf(attacker))
      const took = performance.now() - startedAt
      // Whatever it left behind may still hold up others after its answer.
      await new Promise((resolve) => setTimeout(resolve, 150))
      const report = await stopNeighbour()

      if (returns === undefined) {
        expect([500, 503]).toContain(answer.status)
        expect(answer.body).not.toHaveProperty('access_token')
        expect(['server_error', 'temporarily_unavailable']).toContain(answer.body.error)
      } else {
        expect(answer.status).toBe(200)
        expect(answer.claims[resultClaim]).toEqual(returns)
      }
      expect(report.failures).toEqual([])
      const factor = stolen()
      expect(took).toBeLessThan(answerWithinMs * factor)
      expect(report.p99Ms).toBeLessThan(maxNeighbourP99Ms * factor)
    })
  }

  test(`${lane} lane: a normal rule of the attacker works within ten seconds`, async () => {
    await server.uploadRule({
      name: 'hostile',
      source: 'module.exports = (a, scope, c, d, cb) => cb(null, { scope })',
      meta: { 'auth0-extension-client': attacker.id },
    })
    expect((await server.requestToken(credentialsOf(attacker))).status).toBe(200)
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
  const failures: unknown[] = []
  const calls: Promise<void>[] = []
  const call = async () => {
    const startedAt = performance.now()
    const answer = await server.requestToken(credentialsOf(neighbour))
    durations.push(performance.now() - startedAt)
    if (answer.claims['https://foo.com/hello'] !== 'neighbour') failures.push([answer.status, answer.body])
  }
  const timer = setInterval(() => calls.push(call()), neighbourEveryMs)
  return async () => {
    clearInterval(timer)
    await Promise.all(calls)
    durations.sort((left, right) => left - right)
    return { failures, p99Ms: durations[Math.floor(durations.length * 0.99)] ?? 0 }
  }
}
