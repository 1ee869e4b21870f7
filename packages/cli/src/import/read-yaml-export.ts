/** An export in the YAML format: all objects in one file, and the code of rules in files beside it. */
import { parseDocument } from 'yaml'
import { isJsonObject, type JsonObject, textMember } from '../json-object.ts'
import type { ExportFiles } from './export-files.ts'
import { type KeywordMappings, replaceKeywords } from './keyword-mappings.ts'
import { refuseKeywordsLeft } from './parse-json-file.ts'
import type { RawExport, RawObject } from './raw-export.ts'
import { unreadableExport } from './unreadable-export.ts'

const lists = ['clients', 'resourceServers', 'clientGrants', 'hooks', 'actions'] as const
const read: ReadonlySet<string> = new Set([...lists, 'tenant', 'triggers'])
/** Aliases may be nested to grow without bounds. */
const maxAliases = 100

/** @throws Failure */
export async function readYamlExport(
  files: ExportFiles,
  name: string,
  mappings: KeywordMappings,
): Promise<RawExport> {
  const readText = async (path: string) => replaceKeywords(await files.read(path), mappings)
  const whole = parseYaml(await readText(name), name)
  const listOf = (member: (typeof lists)[number]) => objectsOf(whole, member, name)
  const withCode = async (object: RawObject, member: string) => {
    const path = textMember(object.members, member)
    return path === undefined
      ? object
      : { ...object, members: { ...object.members, [member]: await readText(path) } }
  }
  const hooks: RawObject[] = []
  for (const hook of listOf('hooks')) hooks.push(await withCode(hook, 'script'))
  const actions: RawObject[] = []
  for (const action of listOf('actions')) actions.push(await withCode(action, 'code'))
  return {
    tenant: objectOf(whole, 'tenant', name),
    clients: listOf('clients'),
    resourceServers: listOf('resourceServers'),
    clientGrants: listOf('clientGrants'),
    hooks,
    actions,
    triggers: objectOf(whole, 'triggers', name),
    others: Object.entries(whole)
      .filter(([member, value]) => !read.has(member) && !isEmpty(value))
      .map(([member]) => member),
  }
}

/** The core schema makes texts, numbers, lists and maps and nothing else, whatever the tags of the file say. */
function parseYaml(text: string, name: string): JsonObject {
  const document = parseDocument(text, {
    schema: 'core',
    merge: true,
    prettyErrors: true,
    logLevel: 'silent',
  })
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault) {
    const line = fault.linePos?.[0].line
    throw unreadableExport(
      name,
      `It is no YAML that is understood here${line ? `, from line ${line} on` : ''}.`,
    )
  }
  const parsed = toValue(() => document.toJS({ maxAliasCount: maxAliases }), name)
  if (!isJsonObject(parsed)) throw unreadableExport(name, 'It is not one map of names and values.')
  refuseKeywordsLeft(parsed, name)
  return parsed
}

function toValue(convert: () => unknown, name: string): unknown {
  try {
    // Through JSON, so that a map that refers to itself ends here.
    return JSON.parse(JSON.stringify(convert()) ?? 'null')
  } catch {
    throw unreadableExport(name, 'Its aliases refer to themselves, or to too much.')
  }
}

function objectsOf(whole: JsonObject, member: string, name: string): RawObject[] {
  const value = whole[member] ?? []
  if (!Array.isArray(value)) throw unreadableExport(`${name}, ${member}`, 'It is not a list.')
  return value.map((members: unknown, index) => {
    const place = `${name}, ${member}[${index}]`
    if (!isJsonObject(members)) throw unreadableExport(place, 'It is not a map of names and values.')
    return { place, members }
  })
}

function objectOf(whole: JsonObject, member: string, name: string): RawObject | undefined {
  const members = whole[member] ?? undefined
  if (members === undefined) return undefined
  const place = `${name}, ${member}`
  if (!isJsonObject(members)) throw unreadableExport(place, 'It is not a map of names and values.')
  return { place, members }
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}
