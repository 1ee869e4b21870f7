/**
 * Accounts for one exchange: the log entry, which anyone who may read logs sees, and the exchange record, which
 * holds enough to replay it and is encrypted. Neither holds a credential. The format of the record is
 * described in docs/exchange-record.md and changes only with its version number.
 */
import { parseClientId } from '../domain/client.ts'
import type { ExchangeRecordStore } from '../domain/exchange-record.ts'
import type { ExchangeLogEntry } from '../domain/log-entry.ts'
import type { Write } from '../domain/write.ts'
import type { Encryption } from '../keys/encryption.ts'
import { revealSecret } from '../keys/secret-text.ts'
import { createMask } from '../rules/masking.ts'
import type { RuleRun } from '../rules/run-rule.ts'
import type { TokenOutcome } from './client-credentials-grant.ts'
import type { Exchange } from './exchange.ts'
import { visibleToRules } from './visible-request.ts'

export const exchangeRecordVersion = 1

export interface AccountForExchangeDeps {
  readonly encryption: Encryption
  readonly exchangeRecords: ExchangeRecordStore
  readonly now: () => Date
  /** `off`: log entries only. */
  readonly exchangeRecord: 'full' | 'off'
}

export interface Account {
  readonly entry: ExchangeLogEntry
  /** To be committed together with the entry. */
  readonly writes: readonly Write[]
}

export function createAccountForExchange(deps: AccountForExchangeDeps): (outcome: TokenOutcome) => Account {
  return function accountForExchange(outcome) {
    const entry = logEntryOf(outcome, deps.now())
    if (deps.exchangeRecord === 'off') return { entry, writes: [] }
    const { tenantId, id, at } = entry
    const mask = maskOf(outcome.exchange)
    const content = deps.encryption.encrypt(mask(JSON.stringify(recordOf(outcome, entry))), [
      'exchange_records',
      tenantId,
      id,
      'content',
    ])
    return { entry, writes: [deps.exchangeRecords.insert({ tenantId, id, at, content })] }
  }
}

// A client that sends its secret in a place of its own choosing, too, must not have it kept.
function maskOf({ request, mask }: Exchange): (text: string) => string {
  const maskPresented = createMask(request ? [revealSecret(request.credentials.secret)] : [])
  return (text) => maskPresented(mask ? mask(text) : text)
}

function logEntryOf(outcome: TokenOutcome, now: Date): ExchangeLogEntry {
  const { exchange } = outcome
  const { incoming, client, request } = exchange
  const issued = outcome.kind === 'issued'
  const scopes = issued ? outcome.token.scopes : (request?.scopes ?? [])
  const entitled = new Set(exchange.entitledScopes)
  return {
    type: issued ? 'seccft' : 'feccft',
    tenantId: incoming.tenant.id,
    id: incoming.requestId,
    at: now,
    description: issued ? 'A token was issued.' : descriptionOf(outcome.error),
    clientId: client?.id ?? parseClientId(request?.credentials.clientId ?? ''),
    clientName: client?.name,
    ip: incoming.ip,
    userAgent: incoming.userAgent,
    durationMs: now.getTime() - incoming.receivedAt.getTime(),
    audience: request?.audience,
    scopes,
    scopesAdded: issued ? scopes.filter((scope) => !entitled.has(scope)) : [],
    error: issued ? undefined : outcome.error.code,
    jti: issued ? outcome.token.jti : undefined,
    rules: exchange.runs.map((run) => run.trace),
  }
}

function descriptionOf(error: { message: string; cause?: unknown }): string {
  return typeof error.cause === 'string' ? `${error.message} ${error.cause}` : error.message
}

function recordOf(outcome: TokenOutcome, entry: ExchangeLogEntry) {
  const { exchange } = outcome
  const { incoming, client, request, resourceServer } = exchange
  return {
    version: exchangeRecordVersion,
    id: entry.id,
    startedAt: incoming.receivedAt.toISOString(),
    seed: exchange.seed,
    tenant: { id: incoming.tenant.id, name: incoming.tenant.name, issuer: incoming.issuer.issuer },
    request: visibleToRules(incoming),
    asked: request && { audience: request.audience, scopes: request.scopes },
    client: client && { id: client.id, name: client.name, metadata: client.metadata },
    resourceServer: resourceServer && {
      id: resourceServer.id,
      identifier: resourceServer.identifier,
      scopes: resourceServer.scopes.map((scope) => scope.value),
      ruleScopes: resourceServer.ruleScopes,
    },
    entitledScopes: exchange.entitledScopes,
    rules: exchange.runs.map(ruleRecordOf),
    outcome:
      outcome.kind === 'issued'
        ? {
            kind: 'issued',
            jti: outcome.token.jti,
            scopes: outcome.token.scopes,
            claims: exchange.claims ?? {},
          }
        : { kind: 'refused', error: outcome.error.code, description: entry.description },
    durationMs: entry.durationMs,
  }
}

function ruleRecordOf(run: RuleRun) {
  const { trace, decision } = run
  return {
    ruleId: trace.ruleId,
    name: trace.ruleName,
    versionId: trace.versionId,
    versionNumber: trace.versionNumber,
    ended: trace.ended,
    durationMs: trace.durationMs,
    lane: run.lane,
    resends: run.resends,
    scopesBefore: run.scopesBefore,
    result:
      decision.kind === 'shaped'
        ? { scopes: decision.scopes, claims: decision.claims, droppedClaims: trace.droppedClaims }
        : { error: decision.error.code, description: decision.error.message },
    console: run.console,
    fetches: run.fetches,
  }
}
