/**
 * The room's one door: everything the server keeps, in one SQLite file that one server at a time may open.
 */
import type { Storage } from '../domain/storage.ts'
import { createChanges } from './changes.ts'
import { createClientCredentialStore } from './client-credentials.ts'
import { createClientGrantStore } from './client-grants.ts'
import { createClientSecretStore } from './client-secrets.ts'
import { createClientStore } from './clients.ts'
import { claimDataFolder, type DataFolder, StorageUnavailableError } from './data-folder.ts'
import { type Database, openDatabase } from './database.ts'
import { createExchangeRecordStore } from './exchange-records.ts'
import { createHealthCheck } from './health.ts'
import { createIdempotentAnswerStore } from './idempotent-answers.ts'
import { createInstallationStore } from './installation.ts'
import { createIssuedTokenStore } from './issued-tokens.ts'
import { createLogEntryStore } from './log-entries.ts'
import { createLogStreamStore } from './log-streams.ts'
import { migrateToLatest, NewerTablesError } from './migrations/migrate.ts'
import { createResourceServerStore } from './resource-servers.ts'
import { createRevocationStore } from './revocations.ts'
import { createRuleStore } from './rules.ts'
import { createSigningKeyStore } from './signing-keys.ts'
import { createSpentProofStore } from './spent-proofs.ts'
import { createTenantStore } from './tenants.ts'
import { createTokenCountStore } from './token-counts.ts'
import { createTrustedIssuerStore } from './trusted-issuers.ts'
import { createWebtaskTokenStore } from './webtask-tokens.ts'
import { createTransactions } from './write.ts'

export interface StorageSettings {
  readonly dataDir: string
  readonly now: () => Date
}

/** @throws StorageUnavailableError */
export async function openStorage({ dataDir, now }: StorageSettings): Promise<Storage> {
  const folder = claimDataFolder(dataDir)
  try {
    return createStorage(openDatabase(folder.databasePath), folder, now)
  } catch (error) {
    folder.release()
    throw unavailable(folder.databasePath, error)
  }
}

function createStorage(database: Database, folder: DataFolder, now: () => Date): Storage {
  const transactions = createTransactions(database.sqlite, database.memory, database.changes)

  return {
    installation: createInstallationStore(database),
    tenants: createTenantStore(database),
    clients: createClientStore(database),
    clientSecrets: createClientSecretStore(database),
    clientCredentials: createClientCredentialStore(database),
    spentProofs: createSpentProofStore(database),
    trustedIssuers: createTrustedIssuerStore(database),
    resourceServers: createResourceServerStore(database),
    clientGrants: createClientGrantStore(database),
    rules: createRuleStore(database, now),
    signingKeys: createSigningKeyStore(database),
    webtaskTokens: createWebtaskTokenStore(database),
    logEntries: createLogEntryStore(database),
    tokenCounts: createTokenCountStore(database),
    logStreams: createLogStreamStore(database),
    exchangeRecords: createExchangeRecordStore(database),
    issuedTokens: createIssuedTokenStore(database),
    revocations: createRevocationStore(database),
    idempotentAnswers: createIdempotentAnswerStore(database),
    changes: createChanges(database),

    async migrate() {
      try {
        await migrateToLatest(database.sqlite)
      } catch (error) {
        throw unavailable(folder.databasePath, error)
      }
    },
    commit: async (writes) => transactions.commit(writes),
    commitGroups: async (groups) => transactions.commitGroups(groups),
    health: createHealthCheck(database.sqlite, now),
    async close() {
      database.sqlite.close()
      folder.release()
    },
  }
}

function unavailable(path: string, cause: unknown): StorageUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StorageUnavailableError(`The database ${path} cannot be used: ${reason}. ${adviceOn(cause)}`, {
    cause,
  })
}

function adviceOn(cause: unknown): string {
  if (cause instanceof NewerTablesError) return 'Start that release, or restore a backup from before it.'
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (/^SQLITE_(FULL|IOERR)/.test(code)) return 'Make room on its disk, or check the disk.'
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(code))
    return 'Give the file to the user that runs the server.'
  return 'Restore it from a backup, or set TALLYSTICK_DATA_DIR to another folder.'
}
