/**
 * What a rule did when it was run here, as its author reads it. Control characters that the rule wrote are made
 * harmless.
 */
import { neutralText } from '../neutral-text.ts'
import type { RanReport, RunLine } from '../rule-runner.ts'
import { formatDetails } from '../table.ts'
import type { Colors } from '../terminal.ts'

export function reportLines(report: RanReport, colors: Colors): string[] {
  const { outcome, fetches, packages, droppedClaims } = report
  return [
    ...report.console.map((line) => lineOf(line, colors)),
    ...formatDetails([
      ['result', resultOf(outcome)],
      ...(outcome.kind === 'granted' ? grantedDetails(outcome) : []),
      ...detail('dropped', droppedClaims),
      ...detail(
        'fetched',
        fetches.map(
          ({ method, url, status, error, durationMs }) =>
            `${method} ${url}: ${status ?? error ?? 'no answer'} after ${shownMs(durationMs)}`,
        ),
      ),
      ...detail(
        'packages',
        packages.map(({ name, version }) => `${name} ${version}`),
      ),
      ['model', report.model],
      [
        'time',
        `${shownMs(report.durationMs)} in the ${report.lane} lane; built in ${shownMs(report.buildMs)}`,
      ],
    ]),
  ]
}

function resultOf(outcome: RanReport['outcome']): string {
  return outcome.kind === 'granted'
    ? outcome.kind
    : `${outcome.kind}: ${outcome.error}, ${outcome.description}`
}

function grantedDetails({
  scopes,
  claims,
  expiresInSeconds,
}: Extract<RanReport['outcome'], { kind: 'granted' }>): [name: string, value: string][] {
  const set = Object.entries(claims).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  return [
    ['scopes', scopes.length === 0 ? '(none)' : scopes.join(' ')],
    ['claims', set.length === 0 ? '(none)' : set.join('\n')],
    ...detail('lifetime', expiresInSeconds === undefined ? [] : [`${expiresInSeconds} s`]),
  ]
}

function detail(name: string, values: readonly string[]): [name: string, value: string][] {
  return values.length === 0 ? [] : [[name, values.join('\n')]]
}

function shownMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

function lineOf({ level, text }: RunLine, colors: Colors): string {
  const [first = '', ...rest] = neutralText(text).split('\n')
  const padded = level.padEnd(5)
  const shownLevel =
    level === 'error' ? colors.red(padded) : level === 'warn' ? colors.yellow(padded) : colors.dim(padded)
  // A rule cannot make its second line look like one of ours.
  return [`${shownLevel} ${first}`, ...rest.map((line) => `    | ${line}`)].join('\n')
}
