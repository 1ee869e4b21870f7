/** What has to be sent so that an object here says what the exported one says; members that are not exported stay. */
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../json-object.ts'

export function changedMembers(wanted: JsonObject, present: object): JsonObject {
  const there = new Map(Object.entries(present))
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => !isDeepStrictEqual(there.get(name), value)),
  )
}
