/**
 * Members of Auth0's API that change nothing here. They are kept and returned as they were sent, so that a
 * configuration survives an export and import.
 */
import { ManagementError } from '../../../domain/errors.ts'

export type KeptMembers = Readonly<Record<string, unknown>>

/** UTF-8 bytes as JSON, of all such members of one object together. More are refused. */
export const maxKeptBytes = 20_000

/** What is kept after this change: members not sent stay, and null removes one. */
export function keptMembers(
  names: readonly string[],
  stored: KeptMembers,
  body: object,
  maxBytes: number = maxKeptBytes,
): KeptMembers {
  const kept = new Map(Object.entries(stored))
  for (const [name, value] of Object.entries(body)) {
    if (!names.includes(name)) continue
    if (value === null) kept.delete(name)
    else kept.set(name, value)
  }
  const members = Object.fromEntries(kept)
  if (sizeOf(members) > maxBytes) {
    throw new ManagementError(
      'invalid_body',
      `Payload validation error: the members that are kept without being used have more than ${maxBytes} bytes together.`,
    )
  }
  return members
}

function sizeOf(members: KeptMembers): number {
  try {
    return Buffer.byteLength(JSON.stringify(members))
  } catch {
    // Nested too deep to be serialised at all.
    return Number.POSITIVE_INFINITY
  }
}
