/** Ids of log entries: UUIDv7 (RFC 9562 §5.7), of which each one sorts after all that this process made before it. */
import { randomUUID } from 'node:crypto'
import { type LogEntryId, parseLogEntryId } from '../domain/log-entry.ts'

/** Bits of the counter behind the time (RFC 9562 §6.2, method 1): 12 before the variant, 14 behind it. */
const counterSize = 2 ** 26
const bitsBehindVariant = 14
const maskBehindVariant = 2 ** bitsBehindVariant - 1

let lastMs = 0
let counter = 0

export function newLogEntryId(): LogEntryId {
  // Of the bits in which it is random. The runtime draws those of many at a time.
  const random = randomUUID()
  countFrom(random)
  const time = lastMs.toString(16).padStart(12, '0')
  const head = (counter >>> bitsBehindVariant).toString(16).padStart(3, '0')
  const tail = (0x8000 | (counter & maskBehindVariant)).toString(16)
  const text = `${time.slice(0, 8)}-${time.slice(8)}-7${head}-${tail}-${random.slice(24)}`
  const id = parseLogEntryId(text)
  if (id === undefined) throw new Error(`A log entry id was made that is no UUIDv7: ${text}`)
  return id
}

/** In each millisecond from another number, one half of what there is at most. A clock that is set back is waited for. */
function countFrom(random: string): void {
  const nowMs = Date.now()
  if (nowMs > lastMs) {
    lastMs = nowMs
    counter = Number.parseInt(random.slice(0, 8), 16) % (counterSize / 2)
    return
  }
  counter += 1
  if (counter < counterSize) return
  lastMs += 1
  counter = 0
}
