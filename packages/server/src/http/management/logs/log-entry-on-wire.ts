/** The shape of a log entry on the wire: that of Auth0's logs, with our own members in its `details`. */
import type {
  ActionFailedLogEntry as ActionFailedLogEntryOnWire,
  EndingLogEntry as EndingLogEntryOnWire,
  ExchangeLogEntry as ExchangeLogEntryOnWire,
  LogEntry as LogEntryOnWire,
  ManagementLogEntry as ManagementLogEntryOnWire,
  RuleTrace as RuleTraceOnWire,
} from '@tallystick/management-api/contract/logs'
import type { Issuer } from '../../../domain/issuer.ts'
import type {
  ActionFailedLogEntry,
  EndingLogEntry,
  ExchangeLogEntry,
  LogEntry,
  ManagementLogEntry,
  RuleTrace,
} from '../../../domain/log-entry.ts'
import type { Tenant } from '../../../domain/tenant.ts'

/** Whose log it is. */
export interface LogOwner {
  readonly tenant: Tenant
  readonly issuer: Issuer
}

export function logEntryOnWire(owner: LogOwner, entry: LogEntry): LogEntryOnWire {
  switch (entry.type) {
    case 'seccft':
    case 'feccft':
      return exchangeOnWire(owner, entry)
    case 'actions_execution_failed':
      return failureOnWire(owner, entry)
    case 'w':
      return endingOnWire(owner, entry)
    case 'sapi':
    case 'fapi':
      return changeOnWire(owner, entry)
  }
}

function exchangeOnWire(owner: LogOwner, entry: ExchangeLogEntry): ExchangeLogEntryOnWire {
  const ranActions = entry.rules.some(({ door }) => door === 'action')
  return {
    ...membersOfAll(owner, entry),
    type: entry.type,
    audience: entry.audience ?? '',
    scope: entry.scopes.join(' '),
    details: {
      request_id: entry.id,
      duration_ms: entry.durationMs,
      ...(ranActions && { actions: { executions: [entry.id] } }),
      ...(entry.jti !== undefined && { access_token_jti: entry.jti }),
      ...(entry.workload && { workload: { ...entry.workload } }),
      ...(entry.error !== undefined && { error: entry.error }),
      scopes_added: [...entry.scopesAdded],
      rules: entry.rules.map(traceOnWire),
    },
  }
}

function traceOnWire(trace: RuleTrace): RuleTraceOnWire {
  return {
    rule_id: trace.ruleId,
    rule_name: trace.ruleName,
    ...(trace.door && { door: trace.door }),
    version_id: trace.versionId,
    version_number: trace.versionNumber,
    ended: trace.ended,
    duration_ms: trace.durationMs,
    dropped_claims: [...trace.droppedClaims],
    ...(trace.failure !== undefined && { failure: trace.failure }),
  }
}

function failureOnWire(owner: LogOwner, entry: ActionFailedLogEntry): ActionFailedLogEntryOnWire {
  const { action, requestId, errorClass, description } = entry
  return {
    ...membersOfAll(owner, entry),
    type: entry.type,
    details: {
      request_id: requestId,
      duration_ms: entry.durationMs,
      action_id: action.ruleId,
      action_name: action.ruleName,
      ...(action.bindingId !== undefined && { binding_id: action.bindingId }),
      version_id: action.versionId,
      version_number: action.versionNumber,
      execution_id: requestId,
      trigger_id: 'credentials-exchange',
      error_class: errorClass,
      action_error: { name: action.ended, message: description },
    },
  }
}

function endingOnWire(owner: LogOwner, entry: EndingLogEntry): EndingLogEntryOnWire {
  const { proof, requestId } = entry
  return {
    ...membersOfAll(owner, entry),
    type: entry.type,
    details: {
      request_id: requestId,
      duration_ms: entry.durationMs,
      credential_type: proof.type,
      credential_id: proof.id,
      expires_at: proof.expiresAt.toISOString(),
    },
  }
}

function changeOnWire(owner: LogOwner, entry: ManagementLogEntry): ManagementLogEntryOnWire {
  return {
    ...membersOfAll(owner, entry),
    type: entry.type,
    details: {
      request_id: entry.id,
      duration_ms: entry.durationMs,
      request: { method: entry.method, path: entry.path, channel: 'api' },
      response: { statusCode: entry.status },
    },
  }
}

function membersOfAll({ tenant, issuer }: LogOwner, entry: LogEntry) {
  return {
    log_id: entry.id,
    _id: entry.id,
    date: entry.at.toISOString(),
    description: entry.description,
    client_id: entry.clientId ?? '',
    client_name: entry.clientName ?? '',
    ip: entry.ip,
    user_agent: entry.userAgent,
    hostname: new URL(issuer.origin).host,
    tenant_name: tenant.name,
    environment_name: 'tallystick',
    $event_schema: { version: '1.0.0' },
    user_id: '',
    user_name: '',
    connection_id: '',
    isMobile: false,
  } as const
}
