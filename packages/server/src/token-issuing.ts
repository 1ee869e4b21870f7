/** What answers token requests, made from the rooms. */
import type { TokenEndpointDeps } from './http/token-endpoint.ts'
import type { ApiSigningSecrets } from './keys/issued-token/api-signing-secret.ts'
import { createEncryptToken } from './keys/issued-token/token-encryption.ts'
import { drawRandomBytes } from './keys/secret/random-bytes.ts'
import { newSeed, newStatusListId } from './keys/secret/random-id.ts'
import { newLogEntryId } from './logs/log-entry-id.ts'
import type { Rooms } from './rooms.ts'
import { createActionCache } from './rules/action-cache.ts'
import { createRunPipeline } from './rules/run-pipeline.ts'
import type { RunRuleDeps } from './rules/run-rule.ts'
import { createSignAccessToken } from './token/access-token.ts'
import { type AccountForExchangeDeps, createAccountForExchange } from './token/account-for-exchange.ts'
import {
  type ClientCredentialsGrantDeps,
  createClientCredentialsGrant,
} from './token/client-credentials-grant.ts'
import type { OpaqueTokens } from './token/opaque-tokens.ts'
import { createStatusPlaces } from './token/status-list/status-places.ts'

export interface TokenIssuingSources
  extends Pick<Rooms, 'storage' | 'encryption' | 'sandbox' | 'recorder' | 'ring' | 'tail'> {
  readonly apiSecrets: ApiSigningSecrets
  readonly opaqueTokens: OpaqueTokens
  readonly now: () => Date
}

/** What it has in common with other endpoints, and what the settings say. */
export interface TokenIssuingOptions
  extends Pick<ClientCredentialsGrantDeps, 'authenticateClient' | 'provePossession'>,
    Pick<AccountForExchangeDeps, 'noteSecretUse' | 'noticeEnding' | 'exchangeRecord'>,
    Pick<TokenEndpointDeps, 'issueDpopNonce' | 'rateLimit'> {}

export function tokenEndpointOf(
  { storage, encryption, sandbox, recorder, ring, tail, apiSecrets, opaqueTokens, now }: TokenIssuingSources,
  options: TokenIssuingOptions,
): TokenEndpointDeps {
  const { resourceServers, clientGrants, exchangeRecords, spentProofs, issuedTokens, rules } = storage
  const { authenticateClient, provePossession, noteSecretUse, noticeEnding, exchangeRecord, ...endpoint } =
    options
  return {
    ...endpoint,
    grantAccessToken: createClientCredentialsGrant({
      authenticateClient,
      provePossession,
      resourceServers,
      clientGrants,
      runPipeline: createRunPipeline({
        rules,
        encryption,
        sandbox,
        actionCache: createActionCache(now),
        now,
        onRuleLine: tellTail(tail, now),
      }),
      signAccessToken: createSignAccessToken({
        ring,
        apiSecrets,
        encryptToken: createEncryptToken(),
        opaqueTokens,
      }),
      now,
      drawStatusPlace: createStatusPlaces({ newStatusListId, randomBytes: drawRandomBytes }),
      newSeed,
    }),
    accountForExchange: createAccountForExchange({
      encryption,
      exchangeRecords,
      spentProofs,
      noteSecretUse,
      noticeEnding,
      issuedTokens,
      now,
      newLogEntryId,
      exchangeRecord,
    }),
    record: recorder.record,
    now,
  }
}

function tellTail(tail: Rooms['tail'], now: () => Date): RunRuleDeps['onRuleLine'] {
  return function onRuleLine(exchange, { rule, version }, line) {
    tail.publish(exchange.tenant.id, {
      kind: 'console',
      at: now(),
      level: line.level,
      text: line.text,
      ruleId: rule.id,
      ruleName: rule.name,
      versionNumber: version.number,
      requestId: exchange.requestId,
      clientId: exchange.client.id,
    })
  }
}
