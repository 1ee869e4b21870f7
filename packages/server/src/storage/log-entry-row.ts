/** A log entry's row: what it is searched by has columns, the rest is one JSON text. */
import { proofTypes } from '../domain/ending-proof.ts'
import {
  type ActionFailedLogEntry,
  actionErrorClasses,
  type EndingLogEntry,
  type ExchangeLogEntry,
  type LogEntry,
  type LogEntryBase,
  type ManagementLogEntry,
  type RuleTrace,
} from '../domain/log-entry.ts'
import { logEntryTypes } from '../domain/log-entry-type.ts'
import { type RuleDoor, ruleDoors } from '../domain/rule.ts'
import type { ValuesOf } from './column.ts'
import type { logEntryColumns } from './log-tables.ts'
import {
  CorruptRowError,
  optional,
  readIdentifier,
  readObject,
  readOneOf,
  requireList,
  requireMoment,
  requireNumber,
  requireObject,
  requireText,
  requireTextList,
} from './row.ts'

export type LogEntryRow = ValuesOf<typeof logEntryColumns>
type Content = Record<string, unknown>

const place = 'log_entries.content'

export function toLogEntryRow(entry: LogEntry): LogEntryRow {
  const { tenantId, id, at, type, clientId, ...content } = entry
  return {
    tenant_id: tenantId,
    id,
    at: at.getTime(),
    type,
    client_id: clientId ?? null,
    content: JSON.stringify(content),
  }
}

export function parseLogEntryRow(row: LogEntryRow): LogEntry {
  const content = readObject(row.content, place)
  const type = readOneOf(logEntryTypes, row.type, 'log_entries.type')
  const base = parseBase(row, content)
  switch (type) {
    case 'seccft':
    case 'feccft':
      return { ...base, type, ...parseExchange(content) }
    case 'actions_execution_failed':
      return { ...base, type, ...parseActionFailed(content) }
    case 'w':
      return { ...base, type, ...parseEnding(content) }
    case 'sapi':
    case 'fapi':
      return { ...base, type, ...parseManagement(content) }
    default:
      throw new CorruptRowError('log_entries.type')
  }
}

function parseBase(row: LogEntryRow, content: Content): LogEntryBase {
  return {
    tenantId: readIdentifier(row.tenant_id, 'log_entries.tenant_id'),
    id: readIdentifier(row.id, 'log_entries.id'),
    at: new Date(row.at),
    description: requireText(content.description, place),
    clientId: row.client_id === null ? undefined : readIdentifier(row.client_id, 'log_entries.client_id'),
    clientName: optional(requireText, content.clientName, place),
    ip: requireText(content.ip, place),
    userAgent: requireText(content.userAgent, place),
    durationMs: requireNumber(content.durationMs, place),
  }
}

function parseExchange(content: Content): Omit<ExchangeLogEntry, keyof LogEntryBase | 'type'> {
  return {
    audience: optional(requireText, content.audience, place),
    scopes: requireTextList(content.scopes, place),
    scopesAdded: requireTextList(content.scopesAdded, place),
    error: optional(requireText, content.error, place),
    jti: optional(requireText, content.jti, place),
    workload: optional(requireWorkload, content.workload, place),
    rules: requireList(content.rules, place).map(parseRuleTrace),
  }
}

function parseRuleTrace(raw: unknown): RuleTrace {
  const trace = requireObject(raw, place)
  return {
    ruleId: readIdentifier(requireText(trace.ruleId, place), place),
    ruleName: requireText(trace.ruleName, place),
    versionId: readIdentifier(requireText(trace.versionId, place), place),
    versionNumber: requireNumber(trace.versionNumber, place),
    ended: requireText(trace.ended, place),
    durationMs: requireNumber(trace.durationMs, place),
    droppedClaims: requireTextList(trace.droppedClaims, place),
    door: optional(readDoor, trace.door, place),
    bindingId: optional(requireText, trace.bindingId, place),
    startedAt: optional(requireMoment, trace.startedAt, place),
    failure: optional(requireText, trace.failure, place),
  }
}

function parseActionFailed(content: Content): Omit<ActionFailedLogEntry, keyof LogEntryBase | 'type'> {
  return {
    requestId: readIdentifier(requireText(content.requestId, place), place),
    action: parseRuleTrace(content.action),
    errorClass: readOneOf(actionErrorClasses, content.errorClass, place),
  }
}

function parseEnding(content: Content): Omit<EndingLogEntry, keyof LogEntryBase | 'type'> {
  const proof = requireObject(content.proof, place)
  return {
    requestId: readIdentifier(requireText(content.requestId, place), place),
    proof: {
      type: readOneOf(proofTypes, proof.type, place),
      id: requireText(proof.id, place),
      expiresAt: requireMoment(proof.expiresAt, place),
    },
  }
}

function parseManagement(content: Content): Omit<ManagementLogEntry, keyof LogEntryBase | 'type'> {
  return {
    method: requireText(content.method, place),
    path: requireText(content.path, place),
    status: requireNumber(content.status, place),
  }
}

function readDoor(raw: unknown): RuleDoor {
  return readOneOf(ruleDoors, raw, place)
}

function requireWorkload(value: unknown, place: string): { issuer: string; subject: string } {
  const { issuer, subject } = requireObject(value, place)
  return { issuer: requireText(issuer, place), subject: requireText(subject, place) }
}
