/** Members without which an object of an export means nothing. */
import { type JsonObject, textMember } from '../json-object.ts'
import { unreadableExport } from './unreadable-export.ts'

/** @throws Failure */
export function requireText(members: JsonObject, name: string, place: string): string {
  const text = textMember(members, name)
  if (text === undefined) throw unreadableExport(place, `The member ${name} is missing, or no text.`)
  return text
}
