/** One JSON object of an export. The parser's own message would quote what stands there. */
import { isJsonObject, type JsonObject } from '../json-object.ts'
import { keywordLeft } from './keyword-mappings.ts'
import { unreadableExport } from './unreadable-export.ts'

/** @throws Failure */
export function parseJsonFile(text: string, place: string): JsonObject {
  const parsed = parse(text, place)
  if (!isJsonObject(parsed)) throw unreadableExport(place, 'It is not one JSON object.')
  refuseKeywordsLeft(parsed, place)
  return parsed
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const keyword = keywordLeft(text)
    if (keyword) throw keywordWithoutValue(keyword, place)
    const position = error instanceof Error ? error.message.match(/line \d+ column \d+/)?.[0] : undefined
    throw unreadableExport(place, `It is no JSON${position ? `, from ${position} on` : ''}.`)
  }
}

/** A keyword that stays would become part of a name, an audience or a secret. */
export function refuseKeywordsLeft(value: unknown, place: string): void {
  const keyword = keywordLeft(JSON.stringify(value))
  if (keyword) throw keywordWithoutValue(keyword, place)
}

function keywordWithoutValue(keyword: string, place: string) {
  return unreadableExport(
    place,
    `The keyword ${keyword} has no value: give --mapping FILE, a JSON object that names it.`,
  )
}
