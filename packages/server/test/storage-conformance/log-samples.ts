/** Entries of the log to store, each complete; a test changes the member it is about. */
import type {
  ActionFailedLogEntry,
  EndingLogEntry,
  ExchangeLogEntry,
  LogEntryId,
  ManagementLogEntry,
} from '../../src/domain/log-entry.ts'
import { acme, idOf, secondsIn } from './samples.ts'

/** Log entry ids that sort as their numbers do. */
export function logId(number: number): LogEntryId {
  return idOf(`01900000-0000-7000-8000-${String(number).padStart(12, '0')}`)
}

export function sampleExchange(number: number, changes: Partial<ExchangeLogEntry> = {}): ExchangeLogEntry {
  return {
    tenantId: acme.id,
    id: logId(number),
    at: secondsIn(number),
    type: 'seccft',
    description: 'Issued an access token.',
    clientId: idOf('client_1'),
    clientName: 'billing',
    ip: '127.0.0.1',
    userAgent: 'curl/8',
    durationMs: 1.5,
    audience: 'https://api.example.com/',
    scopes: ['read'],
    scopesAdded: [],
    error: undefined,
    jti: `jti_${number}`,
    workload: { issuer: 'https://issuer.example.com', subject: 'repo:acme/app:ref' },
    rules: [
      {
        ruleId: idOf('rul_1'),
        ruleName: 'greet',
        versionId: idOf('ver_1'),
        versionNumber: 1,
        ended: 'returned',
        durationMs: 0.4,
        droppedClaims: ['iss'],
      },
    ],
    ...changes,
  }
}

export function sampleActionFailure(number: number): ActionFailedLogEntry {
  const {
    type: _,
    audience,
    scopes,
    scopesAdded,
    error,
    jti,
    workload,
    rules,
    ...base
  } = sampleExchange(number)
  return {
    ...base,
    type: 'actions_execution_failed',
    requestId: logId(number + 1),
    action: {
      ruleId: idOf('rul_1'),
      ruleName: 'greet',
      versionId: idOf('ver_1'),
      versionNumber: 1,
      ended: 'threw',
      durationMs: 1,
      droppedClaims: [],
      door: 'action',
      bindingId: 'bnd_1',
      startedAt: secondsIn(number),
      failure: 'It threw.',
    },
    errorClass: 'action_error',
  }
}

export function sampleWarning(number: number, changes: Partial<EndingLogEntry> = {}): EndingLogEntry {
  return {
    tenantId: acme.id,
    id: logId(number),
    at: secondsIn(number),
    type: 'w',
    description: 'The secret sec_1, which was used, ends at 2030-01-02T00:00:00.000Z.',
    clientId: idOf('client_1'),
    clientName: 'billing',
    ip: '127.0.0.1',
    userAgent: 'curl',
    durationMs: 2,
    requestId: logId(1),
    proof: { type: 'client_secret', id: 'sec_1', expiresAt: secondsIn(86_400) },
    ...changes,
  }
}

export function sampleChange(number: number, changes: Partial<ManagementLogEntry> = {}): ManagementLogEntry {
  return {
    tenantId: acme.id,
    id: logId(number),
    at: secondsIn(number),
    type: 'sapi',
    description: 'Created a client.',
    clientId: undefined,
    clientName: undefined,
    ip: '127.0.0.1',
    userAgent: '',
    durationMs: 2,
    method: 'POST',
    path: '/api/v2/clients',
    status: 201,
    ...changes,
  }
}
