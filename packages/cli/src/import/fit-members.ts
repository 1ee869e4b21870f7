/**
 * Which members of an exported object the management API takes. Its own schemas decide, one member at a time, so that
 * one which is refused does not keep the object out and nothing is dropped without being told.
 */
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { JsonObject } from '../json-object.ts'

export interface FittingMembers {
  readonly members: JsonObject
  /** Names that the schema does not know. */
  readonly unknown: readonly string[]
  /** Names whose value the schema refuses. */
  readonly refused: readonly string[]
}

/** Null says nothing: in an export it stands for what was never set. */
export function fitMembers(
  properties: Readonly<Record<string, TSchema>>,
  exported: JsonObject,
): FittingMembers {
  const members: [string, unknown][] = []
  const unknown: string[] = []
  const refused: string[] = []
  for (const [name, value] of Object.entries(exported)) {
    if (value === null || value === undefined) continue
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (schema === undefined) unknown.push(name)
    else if (Value.Check(schema, value)) members.push([name, value])
    else refused.push(name)
  }
  return { members: Object.fromEntries(members), unknown, refused }
}

export function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}
