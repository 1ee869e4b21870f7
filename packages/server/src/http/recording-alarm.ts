/**
 * Logs when recording begins to fail, and when it works again. A line for each refused request would fill the rest of
 * the disk that made it fail.
 */
import type { FastifyBaseLogger } from 'fastify'

export interface RecordingAlarm {
  failed(log: FastifyBaseLogger, error: unknown): void
  worked(log: FastifyBaseLogger): void
}

export function createRecordingAlarm(): RecordingAlarm {
  let refused = 0
  return {
    failed(log, error) {
      refused += 1
      if (refused > 1) return
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      log.error({ cause: String(cause) }, 'exchanges cannot be recorded; tokens are refused until they can')
    },
    worked(log) {
      if (refused === 0) return
      log.warn({ refused }, 'exchanges are recorded again')
      refused = 0
    },
  }
}
