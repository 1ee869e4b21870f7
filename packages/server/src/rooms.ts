/** Opens every room that lives as long as the server, in the order in which they need each other. */
import type { Logger } from 'pino'
import { createBuilder } from './build/builder.ts'
import type { Config } from './config.ts'
import type { Storage } from './domain/storage.ts'
import { createSecretHashing, type SecretHashing } from './keys/secret/client-secret.ts'
import { createEncryption, type Encryption } from './keys/secret/encryption.ts'
import { openMasterKey } from './keys/secret/master-key.ts'
import { newRuleId, newRuleVersionId, newSeed } from './keys/secret/random-id.ts'
import type { MasterKey } from './keys/secret/subkey.ts'
import { runtimeAlgorithms } from './keys/signing-key/runtime-algorithms.ts'
import { createSigningKeyRing, type SigningKeyRing } from './keys/signing-key/signing-key-ring.ts'
import { createRecorder, type Recorder } from './logs/recorder.ts'
import { createRetention, type Retention } from './logs/retention.ts'
import { createTail, type Tail } from './logs/tail.ts'
import { createBuildRule } from './rules/build-rule.ts'
import { createPublishDraft, type PublishDraft } from './rules/publish-draft.ts'
import { createPublishRule, type PublishRule } from './rules/publish-rule.ts'
import { createTryDraft, type TryDraft } from './rules/try-draft.ts'
import { createTryRule } from './rules/try-rule.ts'
import type { Sandbox } from './sandbox/invocation.ts'
import { startSandbox } from './start-sandbox.ts'
import { openStorage } from './storage/storage.ts'
import { createTenantRemoval, type TenantRemoval } from './tenant-removal.ts'

export interface Rooms {
  readonly storage: Storage
  readonly masterKey: MasterKey
  readonly encryption: Encryption
  readonly hashing: SecretHashing
  readonly ring: SigningKeyRing
  readonly sandbox: Sandbox
  readonly tail: Tail
  readonly recorder: Recorder
  readonly publishRule: PublishRule
  readonly publishDraft: PublishDraft
  readonly tryDraft: TryDraft
  readonly tenantRemoval: TenantRemoval
  /** Where this server listens, once it does: no rule may reach it. */
  readonly listening: { address: string; port: number }[]
}

/** Console lines and log entries that may wait for one follower; one that reads more slowly is let go. */
const maxQueuedEvents = 5000
const retentionIntervalMs = 10 * 60_000

export interface RoomDeps {
  readonly log: Logger
  readonly now: () => Date
  /** Where rules hardly ever run, its processes may start later. */
  readonly openSandbox?: typeof startSandbox
}

/** What is opened is put on `opened`, whose owner closes it in the reverse order. */
export async function openRooms(
  config: Config,
  { log, now, openSandbox = startSandbox }: RoomDeps,
  opened: AsyncDisposableStack,
): Promise<Rooms> {
  const listening: Rooms['listening'] = []
  const storage = await openStorage({ dataDir: config.dataDir, now })
  opened.defer(() => storage.close())
  const installation = await storage.installation.find()
  const masterKey = openMasterKey({ setting: config.masterKey, dataDir: config.dataDir, installation })
  await storage.migrate()
  const sandbox = await openSandbox(config, {
    ownListener: () => listening,
    log: (event) => log.warn({ sandbox: event }, `sandbox: ${event.kind}`),
  })
  opened.defer(() => sandbox.close())

  const encryption = createEncryption(masterKey)
  const tail = createTail({ maxQueued: maxQueuedEvents })
  const recorder = createRecorder({ storage, tail })
  opened.defer(() => recorder.drain())
  const tenantRemoval = createTenantRemoval(storage)
  opened.defer(() => tenantRemoval.stop())
  tenantRemoval.finish().catch((error: unknown) => {
    log.error(
      { err: error },
      'what is left of deleted tenants could not be removed; the next start tries again',
    )
  })
  keepRetention(createRetention({ storage, now }), log, opened)
  const buildRule = createBuildRule({
    sandbox,
    builder: createBuilder({ registry: config.npmRegistry, environment: config.installerEnvironment }),
  })
  const publishing = { rules: storage.rules, encryption, buildRule, now, newRuleId, newRuleVersionId }
  const publishRule = createPublishRule(publishing)
  return {
    storage,
    masterKey,
    encryption,
    hashing: createSecretHashing(masterKey),
    ring: createSigningKeyRing({
      store: storage.signingKeys,
      commit: storage.commit,
      encryption,
      algorithms: runtimeAlgorithms(),
      now,
    }),
    sandbox,
    tail,
    recorder,
    publishRule,
    publishDraft: createPublishDraft({ ...publishing, publishRule }),
    tryDraft: createTryDraft({ ...publishing, tryRule: createTryRule({ sandbox, now }), newSeed }),
    tenantRemoval,
    listening,
  }
}

function keepRetention(retention: Retention, log: Logger, opened: AsyncDisposableStack): void {
  const remove = () => {
    retention.removeExpired().catch((error: unknown) => {
      log.error({ err: error }, 'what is past its retention could not be removed; it is tried again')
    })
  }
  const timer = setInterval(remove, retentionIntervalMs).unref()
  opened.defer(async () => {
    clearInterval(timer)
    await retention.stop()
  })
}
