/** Which of the two formats an export has, and what it holds. */
import { stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { openExportFiles } from './export-files.ts'
import type { KeywordMappings } from './keyword-mappings.ts'
import type { RawExport } from './raw-export.ts'
import { readDirectoryExport } from './read-directory-export.ts'
import { readYamlExport } from './read-yaml-export.ts'
import { unreadableExport } from './unreadable-export.ts'

/** @throws Failure */
export async function readExport(path: string, mappings: KeywordMappings): Promise<RawExport> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) {
    const files = await openExportFiles(path)
    // The YAML format names its folder as often as its file.
    if ((await files.has('tenant.yaml')) && !(await files.has('clients')))
      return readYamlExport(files, 'tenant.yaml', mappings)
    const raw = await readDirectoryExport(files, mappings)
    if (isEmpty(raw)) throw unreadableExport(path, 'It holds no export of the deploy tool.')
    return raw
  }
  if (found?.isFile() && ['.yaml', '.yml'].includes(extname(path)))
    return readYamlExport(await openExportFiles(join(dirname(path))), basename(path), mappings)
  throw unreadableExport(path, 'It is neither a folder nor a file that ends with .yaml.')
}

function isEmpty({ others: _, tenant, triggers, ...lists }: RawExport): boolean {
  return (
    tenant === undefined && triggers === undefined && Object.values(lists).every(({ length }) => length === 0)
  )
}
