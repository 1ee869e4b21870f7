/** One printed line as the client's record: its `msg` is all that a plain `wt logs` shows. */
import type { TenantName } from '../../domain/tenant.ts'
import type { ConsoleEvent } from '../../logs/tail.ts'

/** The levels of the record format that `wt` reads. */
const levels = { debug: 20, info: 30, warn: 40, error: 50 } satisfies Record<ConsoleEvent['level'], number>

export function lineRecord(container: TenantName, event: ConsoleEvent) {
  return {
    name: event.ruleName,
    level: levels[event.level],
    time: event.at.toISOString(),
    msg: event.text,
    v: 0,
    container,
    req_id: event.requestId,
    rule: event.ruleName,
    version: event.versionNumber,
    client_id: event.clientId,
  }
}

/** What the stream itself has to say, in the same form. */
export function noticeRecord(container: string, level: 'warn' | 'error', msg: string, at: Date) {
  return { name: 'tallystick', level: levels[level], time: at.toISOString(), msg, v: 0, container }
}

/**
 * The client finds the end of an event only when its empty line comes in the same read: one write, and LF without CR.
 */
export function toServerSentEvent(record: object): string {
  return `data: ${JSON.stringify(record)}\n\n`
}

export function toJsonLine(record: object): string {
  return `${JSON.stringify(record)}\n`
}
