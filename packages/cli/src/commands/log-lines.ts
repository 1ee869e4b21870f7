/**
 * Log entries and console lines as people read them, one line each. Rules wrote parts of them, so control characters
 * are made harmless.
 */

import type { TailConsole } from '@tallystick/management-api/contract/log-tail'
import type {
  EndingLogEntry,
  ExchangeLogEntry,
  LogEntry,
  ManagementLogEntry,
  RuleTrace,
} from '@tallystick/management-api/contract/logs'
import { neutralLine, neutralText } from '../neutral-text.ts'
import { cutToWidth, formatDetails, wrapWords } from '../table.ts'
import type { Colors, Terminal } from '../terminal.ts'
import { shortScopes } from './short-scopes.ts'

export function consoleLine(line: TailConsole, colors: Colors): string {
  const [first = '', ...rest] = neutralText(line.text).split('\n')
  const level = line.level.padEnd(5)
  const shownLevel =
    line.level === 'error' ? colors.red(level) : line.level === 'warn' ? colors.yellow(level) : level
  const head = `${colors.dim(line.date)} ${shownLevel} ${colors.cyan(neutralLine(line.rule.name))}: ${first}`
  // A rule cannot make its second line look like one of ours.
  return [head, ...rest.map((text) => `    | ${text}`)].join('\n')
}

/** The client and what the entry is about are cut where the line would become too long; `logs show` has them whole. */
export function entryLine(
  entry: LogEntry,
  { colors, lineWidth }: Pick<Terminal, 'colors' | 'lineWidth'>,
): string {
  const paint = colorOf(entry.type, colors)
  const type = shortType(entry.type).padEnd(6)
  const client = entry.client_name || entry.client_id
  const about = neutralLine([client, aboutEntry(entry)].filter((part) => part !== '').join(': '))
  const others = entry.date.length + type.length + entry.log_id.length + 3
  return [
    colors.dim(entry.date),
    paint(type),
    cutToWidth(about, lineWidth - others),
    colors.dim(entry.log_id),
  ].join(' ')
}

function colorOf(type: LogEntry['type'], colors: Colors): (text: string) => string {
  if (type === 'w') return colors.yellow
  return type === 'seccft' || type === 'sapi' ? colors.green : colors.red
}

/** The long type, shortened to the width of the others. */
function shortType(type: LogEntry['type']): string {
  return type === 'actions_execution_failed' ? 'action' : type
}

/** An exchange has an audience, a change of the management API has not. */
export function isExchange(entry: LogEntry): entry is ExchangeLogEntry {
  return 'audience' in entry
}

/** A change has a request. */
function isChange(entry: LogEntry): entry is ManagementLogEntry {
  return entry.type === 'sapi' || entry.type === 'fapi'
}

function isWarning(entry: LogEntry): entry is EndingLogEntry {
  return entry.type === 'w'
}

/** What the entry is about, in half a sentence. */
export function aboutEntry(entry: LogEntry): string {
  if (isWarning(entry)) return entry.description
  if (isChange(entry)) {
    const { request, response } = entry.details
    return `${request.method} ${request.path} ${response.statusCode}`
  }
  if (!isExchange(entry)) return `${entry.details.action_name} ${entry.details.error_class}`
  if (entry.type === 'feccft') return [entry.details.error, entry.description].filter(Boolean).join(', ')
  const scopes = shortScopes(entry.scope.split(' '), scopesRoom)
  return [entry.audience, scopes && `[${scopes}]`].filter(Boolean).join(' ')
}

const scopesRoom = 32

export function entryDetails(entry: LogEntry): string[] {
  return formatDetails([
    ['id', entry.log_id],
    ['date', entry.date],
    ['type', entry.type],
    ['description', wrapWords(entry.description, detailLength)],
    ['client', [entry.client_id, entry.client_name].filter((part) => part !== '').join('  ')],
    ['address', entry.ip],
    ['user agent', entry.user_agent],
    ['duration', duration(entry.details.duration_ms)],
    ...otherDetails(entry),
  ])
}

type Detail = readonly [name: string, value: string]

function otherDetails(entry: LogEntry): Detail[] {
  if (isExchange(entry)) return exchangeDetails(entry)
  if (isChange(entry)) return [['change', aboutEntry(entry)]]
  if (isWarning(entry)) {
    const { credential_id, credential_type, expires_at, request_id } = entry.details
    return [
      ['credential', `${credential_id}  ${credential_type}`],
      ['ends', expires_at],
      ['request', request_id],
    ]
  }
  const { request_id, action_name, version_number, error_class, action_error } = entry.details
  return [
    ['action', `${action_name} version ${version_number}`],
    ['error', `${error_class}, ${action_error.name}`],
    ['exchange', request_id],
  ]
}

const detailLength = 110

function duration(ms: number): string {
  return ms < 1 ? 'under 1 ms' : `${Math.round(ms)} ms`
}

function exchangeDetails({ audience, scope, details }: ExchangeLogEntry): Detail[] {
  const { workload } = details
  return [
    ...(workload ? [['proven by', `${workload.issuer}  ${workload.subject}`] as const] : []),
    ['API', audience],
    ['scopes', wrapWords(scope, detailLength)],
    ['added by rules', wrapWords(details.scopes_added.join(' '), detailLength)],
    ['error', details.error ?? ''],
    ['jti', details.access_token_jti ?? ''],
    ['rules', details.rules.map(ruleLine).join('\n')],
  ]
}

function ruleLine(trace: RuleTrace): string {
  const dropped = trace.dropped_claims.length > 0 ? `, dropped ${trace.dropped_claims.join(' ')}` : ''
  return `${trace.rule_name} version ${trace.version_number}: ${trace.ended} after ${duration(trace.duration_ms)}${dropped}`
}
