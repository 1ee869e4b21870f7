/**
 * Keywords of the deploy tool: `##NAME##` stands for a text and `@@NAME@@` for a JSON value. They are replaced in the
 * text of a file, before it is read as JSON or YAML, as the tool does it.
 */
import { Failure } from '../failure.ts'
import { type JsonObject, objectMember, parseJsonObject } from '../json-object.ts'

export type KeywordMappings = ReadonlyMap<string, unknown>

const configMember = 'AUTH0_KEYWORD_REPLACE_MAPPINGS'

/** An object of names and values, or the tool's own configuration, which has one as a member. */
export function parseKeywordMappings(text: string, path: string): KeywordMappings {
  const parsed = parseJsonObject(text)
  if (!parsed) throw noMappings(path)
  const mappings: JsonObject = objectMember(parsed, configMember) ?? parsed
  return new Map(Object.entries(mappings))
}

export function replaceKeywords(text: string, mappings: KeywordMappings): string {
  let replaced = text
  for (const [name, value] of mappings) {
    const json = JSON.stringify(value)
    for (const marker of [`'@@${name}@@'`, `"@@${name}@@"`, `@@${name}@@`])
      replaced = replaced.replaceAll(marker, () => json)
    const plain = typeof value === 'string' ? value : json
    replaced = replaced.replaceAll(`##${name}##`, () => plain)
  }
  return replaced
}

/** The first keyword that nothing was put in the place of. */
export function keywordLeft(text: string): string | undefined {
  return text.match(/##[A-Za-z0-9_.-]+##|@@[A-Za-z0-9_.-]+@@/)?.[0]
}

function noMappings(path: string): Failure {
  return new Failure('usage', {
    what: `The keywords in ${path} cannot be read.`,
    why: 'It is not one JSON object.',
    todo: `Write {"NAME": "value"}, or give the configuration of the deploy tool with ${configMember}.`,
  })
}
