/**
 * Rotates the signing keys of tenants that want it by the clock. What is due follows from when a key began to sign, so
 * nothing is forgotten while the server is stopped, and nothing is done twice: a rotation goes on from what was read.
 */
import type { Logger } from 'pino'
import type { LogEntryId, ManagementLogEntry } from './domain/log-entry.ts'
import type { SigningKey } from './domain/signing-key.ts'
import { ChangedMeanwhileError, type Storage } from './domain/storage.ts'
import type { Tenant } from './domain/tenant.ts'
import { type KeyRotation, RotationRefusedError } from './keys/signing-key/key-rotation.ts'
import type { Recorder } from './logs/recorder.ts'

export interface ScheduledRotationDeps {
  readonly storage: Pick<Storage, 'tenants' | 'signingKeys'>
  readonly keyRotation: Pick<KeyRotation, 'plan'>
  readonly record: Recorder['record']
  readonly log: Pick<Logger, 'warn' | 'error'>
  readonly now: () => Date
  readonly newLogEntryId: () => LogEntryId
}

export interface ScheduledRotation {
  /** Rotates everything that is due. A call during another one waits for that one instead. */
  rotateDue(): Promise<void>
  stop(): Promise<void>
}

export const scheduleIntervalMs = 60_000
const dayMs = 86_400_000

export function createScheduledRotation(deps: ScheduledRotationDeps): ScheduledRotation {
  let stopped = false
  let running: Promise<void> | undefined

  async function rotateAll(): Promise<void> {
    for (const tenant of await deps.storage.tenants.list()) {
      const days = tenant.security.signingKeyRotationDays
      if (days === undefined) continue
      for (const key of await deps.storage.signingKeys.list(tenant.id)) {
        if (stopped) return
        if (isDue(key, days, deps.now())) await rotate(tenant, key)
      }
    }
  }

  async function rotate(tenant: Tenant, key: SigningKey): Promise<void> {
    try {
      const rotation = await deps.keyRotation.plan(tenant.id, key.algorithm)
      const [begun] = rotation?.begun ?? []
      if (rotation && begun) await deps.record(entryOf(begun), rotation.writes)
    } catch (error) {
      // Somebody else has just rotated them.
      if (error instanceof ChangedMeanwhileError) return
      const what = `the ${key.algorithm} keys of the tenant ${tenant.name} could not be rotated on schedule; it is tried again`
      if (error instanceof RotationRefusedError) deps.log.warn(`${what}: ${error.message}`)
      else deps.log.error({ err: error }, what)
    }
  }

  function entryOf({ tenantId, algorithm, id, currentSince }: SigningKey): ManagementLogEntry {
    return {
      tenantId,
      id: deps.newLogEntryId(),
      at: deps.now(),
      type: 'sapi',
      description: `Rotated the signing keys on schedule: ${algorithm} ${id} signs from ${currentSince?.toISOString() ?? 'now'} on.`,
      // Nobody asked for it.
      clientId: undefined,
      clientName: undefined,
      ip: '',
      userAgent: '',
      durationMs: 0,
      method: 'POST',
      path: '/api/v2/keys/signing/rotate',
      status: 201,
    }
  }

  return {
    rotateDue() {
      running ??= rotateAll().finally(() => {
        running = undefined
      })
      return running
    },
    async stop() {
      stopped = true
      await running
    },
  }
}

/** What waits for its turn is as good as rotated already. */
function isDue({ state, currentSince }: SigningKey, days: number, now: Date): boolean {
  return (
    state === 'current' &&
    currentSince !== undefined &&
    now.getTime() - currentSince.getTime() >= days * dayMs
  )
}

/** Looks at once, then every minute. Returns what ends it. */
export function keepSchedule(rotation: ScheduledRotation, log: Pick<Logger, 'error'>): () => Promise<void> {
  const look = () => {
    rotation.rotateDue().catch((error: unknown) => {
      log.error({ err: error }, 'it could not be found out which signing keys are due; it is tried again')
    })
  }
  look()
  const timer = setInterval(look, scheduleIntervalMs).unref()
  return async () => {
    clearInterval(timer)
    await rotation.stop()
  }
}
