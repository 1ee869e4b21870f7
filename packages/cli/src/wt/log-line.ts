/** A record of the log stream, and the one line by which a person reads it. */
import { numberMember, parseJsonObject, textMember } from '../json-object.ts'
import { neutralLine, neutralText } from '../neutral-text.ts'
import type { Colors } from '../terminal.ts'

export interface LogRecord {
  readonly time: string
  readonly level: number
  readonly rule: string
  readonly message: string
  readonly details: readonly (readonly [name: string, value: string])[]
  /** The record as it came, on one line. */
  readonly json: string
}

/** Undefined for what is no record; nobody is shown half of something else. */
export function parseLogRecord(json: string): LogRecord | undefined {
  const raw = parseJsonObject(json)
  if (raw === undefined || typeof raw.msg !== 'string') return undefined
  const version = numberMember(raw, 'version')
  const request = textMember(raw, 'req_id')
  const client = textMember(raw, 'client_id')
  return {
    time: textMember(raw, 'time') ?? '',
    level: numberMember(raw, 'level') ?? 30,
    rule: textMember(raw, 'rule') ?? textMember(raw, 'name') ?? '',
    message: raw.msg,
    details: [
      ...(version === undefined ? [] : [['version', String(version)] as const]),
      ...(client === undefined ? [] : [['client', client] as const]),
      ...(request === undefined ? [] : [['request', request] as const]),
    ],
    json: JSON.stringify(raw),
  }
}

/** A rule's further lines are set in, so that none of them can look like a line of its own. */
export function formatLogRecord(record: LogRecord, colors: Colors, verbose: boolean): string {
  const [first = '', ...rest] = neutralText(record.message).split('\n')
  const time = neutralLine(record.time.replace(/^\d{4}-\d\d-\d\dT/, ''))
  const details = record.details.map(([name, value]) => `${name}=${neutralLine(value)}`).join(' ')
  const head = `${colors.dim(time)} ${levelName(record.level, colors)} ${colors.bold(neutralLine(record.rule))}`
  const lines = [`${head}: ${first}`, ...rest.map((line) => `    ${line}`)]
  if (verbose && details !== '') lines.push(`    ${colors.dim(details)}`)
  return lines.join('\n')
}

function levelName(level: number, colors: Colors): string {
  if (level >= 50) return colors.red('ERROR')
  if (level >= 40) return colors.yellow('WARN ')
  return level >= 30 ? colors.green('INFO ') : 'DEBUG'
}
