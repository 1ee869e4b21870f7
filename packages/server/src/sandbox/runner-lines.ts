/** What runners say, line by line, and what becomes of it. Lines of an attempt that is over are not listened to. */
import type { Egress } from './egress.ts'
import type { Flight } from './flight.ts'
import { type InvocationOutcome, maxThrownMessageLength } from './invocation.ts'
import type { OpenFlights } from './open-flights.ts'
import { parseLevel, parseText, parseThrown } from './program-words.ts'
import { parseStopReason, type StopReason, splitLine, toPool, toRunner } from './protocol.ts'
import { parseResult } from './result-text.ts'
import type { RunnerProcess } from './runner-process.ts'

export interface RunnerLinesDeps {
  readonly flights: OpenFlights
  readonly egress: Egress
  readonly compiled: (runner: RunnerProcess, line: string) => void
  readonly forget: (flight: Flight) => void
  /** The isolate was stopped under the invocation. */
  readonly stopped: (flight: Flight, reason: StopReason) => void
  /** A slice took what the fast lane does not have. */
  readonly overran: (flight: Flight) => void
}

export type HearLine = (runner: RunnerProcess, line: string) => void

export function createHearLine(deps: RunnerLinesDeps): HearLine {
  return (runner, line) => {
    const letter = line[0]
    if (letter === toPool.compiled) return deps.compiled(runner, line)
    const [id, rest = ''] = splitLine(line, 2)
    const flight = deps.flights.ofAttempt(Number(id))
    if (flight === undefined || flight.runner !== runner) return
    switch (letter) {
      case toPool.returned:
        return flight.settle(returned(rest))
      case toPool.over:
        if (flight.isSettled) deps.forget(flight)
        return
      case toPool.consoleLine:
        return print(flight, rest)
      case toPool.needsCode:
        return void provideCode(deps, flight, runner)
      case toPool.fetch:
        return void carryOutFetch(deps, flight, runner, rest)
      case toPool.threw:
        return flight.settle({ kind: 'threw', ...parseThrown(rest) })
      case toPool.refused:
        return flight.settle({
          kind: 'result_refused',
          reason: parseText(rest).slice(0, maxThrownMessageLength),
        })
      case toPool.stopped:
        return deps.stopped(flight, parseStopReason(rest.trim()))
      case toPool.entered:
        flight.isInSlice = true
        return
      case toPool.left:
        flight.isInSlice = false
        if (rest === 'heavy') deps.overran(flight)
    }
  }
}

function returned(json: string): InvocationOutcome {
  const parsed = parseResult(json)
  return parsed.kind === 'value'
    ? { kind: 'returned', rawValue: parsed.value }
    : { kind: 'result_refused', reason: parsed.reason }
}

function print(flight: Flight, rest: string): void {
  const at = rest.indexOf(' ')
  flight.print(parseLevel(rest.slice(0, at)), parseText(rest.slice(at + 1)))
}

async function provideCode(deps: RunnerLinesDeps, flight: Flight, runner: RunnerProcess): Promise<void> {
  const { program } = flight.invocation
  const name = encodeURIComponent(program.id)
  try {
    const code = await program.load()
    runner.send(`${toRunner.code} ${name} ${JSON.stringify(code)}`)
  } catch (error) {
    for (const awaiting of deps.flights.in(runner)) {
      if (awaiting.invocation.program.id !== program.id) continue
      awaiting.fail(error)
      deps.forget(awaiting)
    }
    runner.send(`${toRunner.code} ${name} -`)
  }
}

async function carryOutFetch(
  deps: RunnerLinesDeps,
  flight: Flight,
  runner: RunnerProcess,
  rest: string,
): Promise<void> {
  const { attemptId } = flight
  const at = rest.indexOf(' ')
  const answerJson = await flight.fetch(deps.egress, rest.slice(at + 1))
  if (flight.attemptId !== attemptId || flight.runner !== runner) return
  runner.send(`${toRunner.answer} ${attemptId} ${rest.slice(0, at)} ${answerJson}`)
}
