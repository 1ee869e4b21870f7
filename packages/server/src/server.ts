/** Builds everything once and hands each part what it needs. The only file that knows every room. */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { refreshBootstrap, writeBootstrap } from './bootstrap-file.ts'
import type { Config } from './config.ts'
import { issuerOf } from './domain/issuer.ts'
import type { Tenant } from './domain/tenant.ts'
import { planFirstStart } from './first-start.ts'
import { createApp } from './http/app.ts'
import { createSecretHashing, createSecretText } from './keys/client-secret.ts'
import { createEncryption } from './keys/encryption.ts'
import { openMasterKey } from './keys/master-key.ts'
import { newRuleId, newRuleVersionId, newSeed } from './keys/random-id.ts'
import { createSigningKeyRing } from './keys/signing-key-ring.ts'
import { deriveSubkey } from './keys/subkey.ts'
import { newLogEntryId } from './logs/log-entry-id.ts'
import { createRecorder } from './logs/recorder.ts'
import { createTail } from './logs/tail.ts'
import { createPublishRule } from './rules/publish-rule.ts'
import { createRunPipeline } from './rules/run-pipeline.ts'
import { createSandbox } from './sandbox/pool.ts'
import { openStorage } from './storage/storage.ts'
import { createSignAccessToken } from './token/access-token.ts'
import { createAccountForExchange } from './token/account-for-exchange.ts'
import { createAuthenticateClient } from './token/authenticate-client.ts'
import { createClientCredentialsGrant } from './token/client-credentials-grant.ts'
import { createFailedAttempts } from './token/failed-attempts.ts'
import { welcome } from './welcome.ts'

export interface StartDeps {
  readonly log: Logger
  readonly now: () => Date
  /** Writes what the operator is meant to read, once. */
  readonly print: (text: string) => void
}

export interface RunningServer {
  /** Where it listens, on this host. */
  readonly url: string
  /** Answers what is in flight, refuses the rest, and lets go of everything. */
  close(): Promise<void>
}

/** Console lines and log entries that may wait for one follower; one that reads more slowly is let go. */
const maxQueuedEvents = 5000
const retentionIntervalMs = 10 * 60_000
/** UTF-8 bytes of console text of one invocation. */
const maxConsoleBytes = 16_384

/** @throws StorageUnavailableError, MasterKeyError, or the listener's error; nothing is left open then. */
export async function startServer(config: Config, { log, now, print }: StartDeps): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack()

  const storage = await openStorage({ dataDir: config.dataDir, now })
  opened.defer(() => storage.close())
  const masterKey = openMasterKey({
    setting: config.masterKey,
    dataDir: config.dataDir,
    installation: await storage.installation.find(),
  })
  await storage.migrate()

  const listening: { address: string; port: number }[] = []
  const sandbox = await createSandbox({
    limits: {
      timeoutMs: config.ruleTimeoutMs,
      memoryMb: config.ruleMemoryMb,
      maxFetchBytes: config.ruleFetchBytes,
      maxConsoleBytes,
    },
    egress: { privateDestinations: config.ruleEgressPrivate, ownListener: () => listening },
    fastRunners: config.ruleRunners,
    log,
  })
  opened.defer(() => sandbox.close())

  const encryption = createEncryption(masterKey)
  const hashing = createSecretHashing(masterKey)
  const ring = createSigningKeyRing({ store: storage.signingKeys, encryption, now })
  const tail = createTail({ maxQueued: maxQueuedEvents })
  const recorder = createRecorder({ storage, tail })
  opened.defer(() => recorder.drain())
  const publishRule = createPublishRule({
    rules: storage.rules,
    encryption,
    sandbox,
    now,
    newRuleId,
    newRuleVersionId,
  })

  const stopping = false
  const origin = config.publicOrigin ?? `http://localhost:${config.port}`
  const app = createApp({})
  return { url: '', close: async () => {} }
}
