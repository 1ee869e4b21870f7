/**
 * What every store promises together. Reads are asynchronous and alone. Writes are *described* by a
 * store and *carried out* by `commit`, all or none, so that one change and its log entry are one
 * transaction and no transaction ever stays open across an `await`.
 */
import type { Changes } from './changes.ts'
import type { ClientStore } from './client.ts'
import type { ClientCredentialStore } from './client-credential.ts'
import type { ClientGrantStore } from './client-grant.ts'
import type { ClientSecretStore } from './client-secret.ts'
import type { ExchangeRecordStore } from './exchange-record.ts'
import type { IdempotentAnswerStore } from './idempotent-answer.ts'
import type { InstallationStore } from './installation.ts'
import type { IssuedTokenStore } from './issued-token.ts'
import type { LogEntryStore } from './log-entry.ts'
import type { LogStreamStore } from './log-stream.ts'
import type { ResourceServerStore } from './resource-server.ts'
import type { RevocationStore } from './revocation.ts'
import type { RuleStore } from './rule.ts'
import type { SigningKeyStore } from './signing-key.ts'
import type { SpentProofStore } from './spent-proof.ts'
import type { TenantStore } from './tenant.ts'
import type { TokenCountStore } from './token-count.ts'
import type { TrustedIssuerStore } from './trusted-issuer.ts'
import type { WebtaskTokenStore } from './webtask-token.ts'
import type { Write } from './write.ts'

/** A write would make a second object with an identifier that must be unique; `noun` says of what. */
export class AlreadyExistsError extends Error {
  override readonly name = 'AlreadyExistsError'
  readonly noun: string

  constructor(noun: string, options?: ErrorOptions) {
    super(`There is already a ${noun} with this identifier.`, options)
    this.noun = noun
  }
}

/** A write names an object that is not there any more. */
export class GoneError extends Error {
  override readonly name = 'GoneError'
  readonly noun: string

  constructor(noun: string, options?: ErrorOptions) {
    super(`The ${noun} is not there any more.`, options)
    this.noun = noun
  }
}

/** A write goes on from a state that is not the present one any more: another change came in between. */
export class ChangedMeanwhileError extends Error {
  override readonly name = 'ChangedMeanwhileError'
  readonly noun: string

  constructor(noun: string) {
    super(`The ${noun} was changed or removed by another request meanwhile.`)
    this.noun = noun
  }
}

export interface Storage {
  readonly installation: InstallationStore
  readonly tenants: TenantStore
  readonly clients: ClientStore
  readonly clientSecrets: ClientSecretStore
  readonly clientCredentials: ClientCredentialStore
  readonly spentProofs: SpentProofStore
  readonly trustedIssuers: TrustedIssuerStore
  readonly resourceServers: ResourceServerStore
  readonly clientGrants: ClientGrantStore
  readonly rules: RuleStore
  readonly signingKeys: SigningKeyStore
  readonly webtaskTokens: WebtaskTokenStore
  readonly logEntries: LogEntryStore
  readonly tokenCounts: TokenCountStore
  readonly logStreams: LogStreamStore
  readonly exchangeRecords: ExchangeRecordStore
  readonly issuedTokens: IssuedTokenStore
  readonly revocations: RevocationStore
  readonly idempotentAnswers: IdempotentAnswerStore
  readonly changes: Changes

  /** Brings the tables to this release's shape, forward only. Nothing else but `installation.find` works before. */
  migrate(): Promise<void>

  /**
   * Carries out all of the writes in one durable transaction, or none. Resolves when it is on disk.
   * @throws AlreadyExistsError, GoneError, ChangedMeanwhileError, or the database's own error; nothing has changed then.
   */
  commit(writes: readonly Write[]): Promise<void>

  /**
   * Carries out independent groups of writes in one durable transaction: a group that fails leaves no
   * trace and does not disturb the others. Resolves when it is on disk, with an error for each group
   * that failed (undefined for those that stand), in the order given.
   * @throws the database's own error when the transaction as a whole could not be made durable.
   */
  commitGroups(groups: readonly (readonly Write[])[]): Promise<(Error | undefined)[]>

  /** True while reads and durable writes are possible; the cause in words otherwise. */
  health(): Promise<{ ready: true } | { ready: false; cause: string }>

  close(): Promise<void>
}
