/**
 * What comes out of a row, read into the domain's types. The column types are kept by the tables themselves
 * (`strict`); JSON, closed sets and identifiers are checked here. What does not fit is a broken database.
 */
import type { Identifier } from '../domain/identifier.ts'

/** A row holds what this release never wrote. Names the place and not the content, which may be secret. */
export class CorruptRowError extends Error {
  override readonly name = 'CorruptRowError'

  constructor(place: string) {
    super(`The database holds something in ${place} that this release cannot read.`)
  }
}

/** The identifier was parsed before it was written. */
export function readIdentifier<Id extends Identifier<string>>(text: string, place: string): Id {
  if (text === '') throw new CorruptRowError(place)
  return text as Id
}

export function readOneOf<Value extends string>(
  values: readonly Value[],
  text: unknown,
  place: string,
): Value {
  const found = values.find((value) => value === text)
  if (found === undefined) throw new CorruptRowError(place)
  return found
}

export function readFlag(value: number): boolean {
  return value !== 0
}

export function writeFlag(value: boolean): number {
  return value ? 1 : 0
}

export function readObject(json: string, place: string): Record<string, unknown> {
  return requireObject(readJson(json, place), place)
}

export function readTextMap(json: string, place: string): Record<string, string> {
  return requireTextMap(readJson(json, place), place)
}

export function readTextList(json: string, place: string): string[] {
  return requireTextList(readJson(json, place), place)
}

export function readJson(json: string, place: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // Without the parser's message, which quotes the content.
    throw new CorruptRowError(place)
  }
}

export function requireObject(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new CorruptRowError(place)
  return value as Record<string, unknown>
}

export function requireList(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value)) throw new CorruptRowError(place)
  return value
}

export function requireTextMap(value: unknown, place: string): Record<string, string> {
  const object = requireObject(value, place)
  for (const name in object) requireText(object[name], place)
  return object as Record<string, string>
}

export function requireTextList(value: unknown, place: string): string[] {
  return requireList(value, place).map((item) => requireText(item, place))
}

export function requireText(value: unknown, place: string): string {
  if (typeof value !== 'string') throw new CorruptRowError(place)
  return value
}

export function requireNumber(value: unknown, place: string): number {
  if (typeof value !== 'number') throw new CorruptRowError(place)
  return value
}

export function requireFlag(value: unknown, place: string): boolean {
  if (typeof value !== 'boolean') throw new CorruptRowError(place)
  return value
}

/** As JSON writes a Date. */
export function requireMoment(value: unknown, place: string): Date {
  const moment = new Date(requireText(value, place))
  if (Number.isNaN(moment.getTime())) throw new CorruptRowError(place)
  return moment
}

/** JSON has no undefined: a member that is not there. */
export function optional<Value>(
  require: (value: unknown, place: string) => Value,
  value: unknown,
  place: string,
): Value | undefined {
  return value === undefined ? undefined : require(value, place)
}
