/**
 * Accounts for one exchange: the log entry, which anyone who may read logs sees, and the exchange record, which
 * holds enough to replay it and is encrypted. Neither holds a credential. The format of the record is
 * described in docs/exchange-record.md and changes only with its version number.
 */
import { type ClientId, parseClientId } from '../domain/client.ts'
import type { ExchangeRecordStore } from '../domain/exchange-record.ts'
import type { IssuedTokenStore } from '../domain/issued-token.ts'
import type { ExchangeLogEntry, LogEntry, LogEntryId } from '../domain/log-entry.ts'
import type { Write } from '../domain/write.ts'
import { maskOwnSecrets } from '../keys/secret/client-secret.ts'
import type { Encryption } from '../keys/secret/encryption.ts'
import { maskedJson } from '../rules/masking.ts'
import type { RuleRun } from '../rules/run-rule.ts'
import type { ClientCredentials } from './client-authentication/client-credentials.ts'
import type { NoticeEnding } from './client-authentication/ending-notices.ts'
import { type WritesOfProofDeps, writesOfProof } from './client-authentication/writes-of-proof.ts'
import type { TokenOutcome } from './client-credentials-grant.ts'
import type { Exchange } from './exchange.ts'
import { failedActionsOf } from './failed-actions.ts'
import { maxEntryTextLength, shownText } from './shown-text.ts'
import { visibleToRules, visibleUnproven } from './visible-request.ts'

export const exchangeRecordVersion = 1

export interface AccountForExchangeDeps extends WritesOfProofDeps {
  readonly encryption: Encryption
  readonly exchangeRecords: ExchangeRecordStore
  readonly issuedTokens: Pick<IssuedTokenStore, 'insert'>
  readonly noticeEnding: NoticeEnding
  readonly now: () => Date
  readonly newLogEntryId: () => LogEntryId
  /** `off`: log entries only. */
  readonly exchangeRecord: 'full' | 'off'
}

export interface Account {
  readonly entry: ExchangeLogEntry
  /** To be committed together with the entry. */
  readonly writes: readonly Write[]
  /** Entries of what failed within it. */
  readonly beside: readonly LogEntry[]
}

export function createAccountForExchange(deps: AccountForExchangeDeps): (outcome: TokenOutcome) => Account {
  return function accountForExchange(outcome) {
    const mask = maskOf(outcome.exchange)
    const entry = logEntryOf(outcome, deps.now(), mask)
    const warning = deps.noticeEnding(outcome.exchange, entry)
    const beside = [...failedActionsOf(entry, deps.newLogEntryId), ...(warning ? [warning] : [])]
    const used = writesOfProof(deps, outcome.exchange, outcome.exchange.incoming.receivedAt)
    const kept = [...used, ...issuedTokenOf(deps, outcome)]
    if (deps.exchangeRecord === 'off') return { entry, writes: kept, beside }
    const { tenantId, id, at } = entry
    const content = deps.encryption.encrypt(maskedJson(recordOf(outcome, entry, mask), mask), [
      'exchange_records',
      tenantId,
      id,
      'content',
    ])
    return { entry, writes: [...kept, deps.exchangeRecords.insert({ tenantId, id, at, content })], beside }
  }
}

// For every other token the log entry is enough.
function issuedTokenOf({ issuedTokens }: AccountForExchangeDeps, outcome: TokenOutcome): Write[] {
  if (outcome.kind === 'refused') return []
  const { exchange, token } = outcome
  const { client, resourceServer } = exchange
  const { jti, issuedAt, statusPlace, opaque } = token
  if (!client || !resourceServer || (!statusPlace && !opaque)) return []
  return [
    issuedTokens.insert({
      tenantId: client.tenantId,
      jti,
      clientId: client.id,
      resourceServerId: resourceServer.id,
      // A revocation that comes while the request is under way ends its token, too.
      issuedAt: exchange.incoming.receivedAt,
      expiresAt: new Date(issuedAt.getTime() + token.expiresInSeconds * 1000),
      ruleVersionIds: exchange.runs.map(({ trace }) => trace.versionId),
      statusPlace,
      opaque,
    }),
  ]
}

// A secret that a client sent in the wrong place must not be kept.
function maskOf({ maskPresented, mask }: Exchange): (text: string) => string {
  return (text) => maskOwnSecrets(maskPresented(mask ? mask(text) : text))
}

/** Scopes of a refused request that an entry keeps. */
const maxAskedScopes = 100

function logEntryOf(outcome: TokenOutcome, now: Date, mask: (text: string) => string): ExchangeLogEntry {
  const { exchange } = outcome
  const { incoming, client, request } = exchange
  const issued = outcome.kind === 'issued'
  const scopes = issued ? outcome.token.scopes : (request?.scopes.slice(0, maxAskedScopes) ?? [])
  const entitled = new Set(exchange.entitledScopes)
  return {
    type: issued ? 'seccft' : 'feccft',
    tenantId: incoming.tenant.id,
    id: incoming.requestId,
    at: now,
    description: issued
      ? 'A token was issued.'
      : shownText(mask(descriptionOf(outcome.error)), maxEntryTextLength),
    clientId: client?.id ?? unprovenClientId(request?.credentials, mask),
    clientName: client?.name,
    ip: incoming.ip,
    userAgent: shownText(mask(incoming.userAgent), maxEntryTextLength),
    durationMs: now.getTime() - incoming.receivedAt.getTime(),
    audience: request && mask(request.audience),
    scopes: scopes.map(mask),
    scopesAdded: issued ? scopes.filter((scope) => !entitled.has(scope)).map(mask) : [],
    error: issued ? undefined : outcome.error.code,
    jti: issued ? outcome.token.jti : undefined,
    workload: exchange.workload && {
      issuer: exchange.workload.issuer,
      subject: shownText(mask(exchange.workload.subject), maxEntryTextLength),
    },
    rules: exchange.runs.map((run) => run.trace),
  }
}

// The claimed id tells whose configuration is wrong, unless a secret was sent in its place.
function unprovenClientId(
  credentials: ClientCredentials | undefined,
  mask: (text: string) => string,
): ClientId | undefined {
  if (!credentials || isOthersName(credentials)) return undefined
  const { clientId: claimed } = credentials
  return mask(claimed) === claimed ? parseClientId(claimed) : undefined
}

// The `sub` of another issuer's token is a name that was given there, and may look like an id of ours.
function isOthersName(credentials: ClientCredentials): boolean {
  if (credentials.kind !== 'assertion' || credentials.isClientNamed) return false
  return credentials.claimed.issuer !== credentials.claimed.subject
}

// The operator's sentence, where there is one: it says what the client was not told.
function descriptionOf(error: { message: string; cause?: unknown }): string {
  return typeof error.cause === 'string' ? error.cause : error.message
}

function recordOf(outcome: TokenOutcome, entry: ExchangeLogEntry, mask: (text: string) => string) {
  const { exchange } = outcome
  const { incoming, client, request, resourceServer } = exchange
  return {
    version: exchangeRecordVersion,
    id: entry.id,
    startedAt: incoming.receivedAt.toISOString(),
    seed: exchange.seed,
    tenant: { id: incoming.tenant.id, name: incoming.tenant.name, issuer: incoming.issuer.issuer },
    request: client ? (exchange.visible ?? visibleToRules(exchange)) : visibleUnproven(incoming, mask),
    asked: request && { audience: request.audience, scopes: request.scopes },
    client: client && { id: client.id, name: client.name, metadata: client.metadata },
    resourceServer: resourceServer && {
      id: resourceServer.id,
      identifier: resourceServer.identifier,
      scopes: resourceServer.scopes.map((scope) => scope.value),
      ruleScopes: resourceServer.ruleScopes,
    },
    grantedScopes: exchange.grantedScopes,
    entitledScopes: exchange.entitledScopes,
    rules: exchange.runs.map(ruleRecordOf),
    outcome:
      outcome.kind === 'issued'
        ? {
            kind: 'issued',
            jti: outcome.token.jti,
            scopes: outcome.token.scopes,
            claims: exchange.claims ?? {},
            expiresIn: outcome.token.expiresInSeconds,
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
    door: trace.door,
    versionId: trace.versionId,
    versionNumber: trace.versionNumber,
    ended: trace.ended,
    startedAt: trace.startedAt,
    durationMs: trace.durationMs,
    lane: run.lane,
    resends: run.resends,
    scopesBefore: run.scopesBefore,
    cache: run.cache,
    result:
      decision.kind === 'shaped'
        ? {
            scopes: decision.scopes,
            claims: decision.claims,
            droppedClaims: trace.droppedClaims,
            expiresIn: decision.lifetimeSeconds,
          }
        : { error: decision.error.code, description: decision.error.message },
    console: run.console,
    fetches: run.fetches,
  }
}
