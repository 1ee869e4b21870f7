/**
 * Log entries of Actions that failed in an exchange, besides its own entry, so that whoever watches for failures need
 * not read the others.
 */
import type {
  ActionErrorClass,
  ActionFailedLogEntry,
  ExchangeLogEntry,
  LogEntryId,
  RuleTrace,
} from '../domain/log-entry.ts'

/** How an invocation ends when nothing has failed. */
const soundEnds = new Set(['returned', 'refused'])

const errorClassOf: Readonly<Record<string, ActionErrorClass>> = {
  timeout: 'action_timeout',
  runner_lost: 'platform_error',
  quarantined: 'platform_error',
  overloaded: 'rate_limited',
}

export function failedActionsOf(
  exchange: ExchangeLogEntry,
  newLogEntryId: () => LogEntryId,
): ActionFailedLogEntry[] {
  return exchange.rules
    .filter(({ door, ended }) => door === 'action' && !soundEnds.has(ended))
    .map((action) => entryOf(exchange, action, newLogEntryId()))
}

function entryOf(exchange: ExchangeLogEntry, action: RuleTrace, id: LogEntryId): ActionFailedLogEntry {
  const { tenantId, at, clientId, clientName, ip, userAgent } = exchange
  return {
    type: 'actions_execution_failed',
    tenantId,
    id,
    at,
    description: action.failure ?? `The Action ${action.ruleName} failed.`,
    clientId,
    clientName,
    ip,
    userAgent,
    durationMs: action.durationMs,
    requestId: exchange.id,
    action,
    errorClass: errorClassOf[action.ended] ?? 'action_error',
  }
}
