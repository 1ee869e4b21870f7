/** An export in the directory format: one file for each object, and the code of rules in files beside them. */
import { basename } from 'node:path'
import { textMember } from '../json-object.ts'
import type { ExportFiles } from './export-files.ts'
import { type KeywordMappings, replaceKeywords } from './keyword-mappings.ts'
import { parseJsonFile } from './parse-json-file.ts'
import type { RawExport, RawObject } from './raw-export.ts'

const folders = ['clients', 'resource-servers', 'grants', 'hooks', 'actions', 'triggers'] as const
const read: ReadonlySet<string> = new Set([...folders, 'tenant.json'])

/** @throws Failure */
export async function readDirectoryExport(files: ExportFiles, mappings: KeywordMappings): Promise<RawExport> {
  const readText = async (path: string) => replaceKeywords(await files.read(path), mappings)
  const readObject = async (path: string): Promise<RawObject> => ({
    place: path,
    members: parseJsonFile(await readText(path), path),
  })
  const readFolder = async (folder: (typeof folders)[number]): Promise<RawObject[]> => {
    const objects: RawObject[] = []
    for (const name of await files.list(folder, '.json')) objects.push(await readObject(`${folder}/${name}`))
    // The deploy tool leaves empty objects out, too.
    return objects.filter(({ members }) => Object.keys(members).length > 0)
  }
  const withCode = async (object: RawObject, member: string, path: string | undefined) =>
    path === undefined
      ? object
      : { ...object, members: { ...object.members, [member]: await readText(path) } }

  const hooks: RawObject[] = []
  for (const hook of await readFolder('hooks')) {
    const script = textMember(hook.members, 'script')
    hooks.push(await withCode(hook, 'script', script && `hooks/${script}`))
  }
  const actions: RawObject[] = []
  for (const action of await readFolder('actions')) {
    const path = textMember(action.members, 'code')
    actions.push(await withCode(action, 'code', path && (await codePath(files, action.place, path))))
  }
  return {
    tenant: (await files.has('tenant.json')) ? await readObject('tenant.json') : undefined,
    clients: await readFolder('clients'),
    resourceServers: await readFolder('resource-servers'),
    clientGrants: await readFolder('grants'),
    hooks,
    actions,
    triggers: (await readFolder('triggers'))[0],
    others: (await files.listAll()).filter((name) => !read.has(name) && !name.startsWith('.')),
  }
}

/** Early releases of the deploy tool wrote the path from the folder in which they ran. */
async function codePath(files: ExportFiles, place: string, path: string): Promise<string> {
  const beside = `actions/${basename(place, '.json')}/code.js`
  return !(await files.has(path)) && (await files.has(beside)) ? beside : path
}
