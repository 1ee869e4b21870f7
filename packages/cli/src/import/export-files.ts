/**
 * The files of an export. Paths stand in the export itself, so they are somebody's text: nothing outside the folder is
 * read, no link is followed, and what is read is bounded.
 */
import { constants } from 'node:fs'
import { lstat, open, readdir, realpath } from 'node:fs/promises'
import { extname, join, posix } from 'node:path'
import { unreadableExport } from './unreadable-export.ts'

export const maxExportFileBytes = 5_000_000
export const maxExportBytes = 50_000_000
export const maxFilesPerFolder = 10_000

export interface ExportFiles {
  /** Names of the folder's files with this ending, sorted; none when there is no such folder. */
  list(folder: string, ending: string): Promise<readonly string[]>
  /** Names of everything at the top, sorted. */
  listAll(): Promise<readonly string[]>
  has(path: string): Promise<boolean>
  /** @throws Failure when the file is missing, too large, a link, or outside the folder. */
  read(path: string): Promise<string>
}

export async function openExportFiles(folder: string): Promise<ExportFiles> {
  // Whoever runs the command named the folder itself, so that one may be a link.
  const root = await realpath(folder)
  let bytesLeft = maxExportBytes

  async function read(path: string): Promise<string> {
    const inside = insidePath(path)
    await refuseLinks(root, inside)
    const file = await open(join(root, inside), constants.O_RDONLY | constants.O_NOFOLLOW).catch(
      (error: unknown) => {
        throw unreadableExport(path, error instanceof Error ? error.message : String(error))
      },
    )
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw unreadableExport(path, 'It is no ordinary file.')
      if (stats.size > maxExportFileBytes)
        throw unreadableExport(path, `It has more than ${maxExportFileBytes} bytes.`)
      bytesLeft -= stats.size
      if (bytesLeft < 0)
        throw unreadableExport(path, `With it, the export has more than ${maxExportBytes} bytes.`)
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  }

  async function namesIn(path: string): Promise<readonly string[]> {
    const entries = await readdir(path)
    if (entries.length > maxFilesPerFolder)
      throw unreadableExport(path, `It has more than ${maxFilesPerFolder} files.`)
    return entries.sort()
  }

  return {
    read,
    listAll: () => namesIn(root),

    async list(folderInside, ending) {
      await refuseLinks(root, folderInside)
      if (!(await isThere(join(root, folderInside)))) return []
      const names = await namesIn(join(root, folderInside))
      return names.filter((name) => extname(name) === ending)
    },

    async has(path) {
      return isThere(join(root, insidePath(path)))
    },
  }
}

/** The deploy tool writes backslashes on Windows. */
function insidePath(path: string): string {
  const inside = posix.normalize(path.replaceAll('\\', '/'))
  if (!posix.isAbsolute(inside) && !/^[A-Za-z]:/.test(inside) && !inside.split('/').includes('..'))
    return inside
  throw unreadableExport(path, 'It lies outside the folder of the export.')
}

/** A link within an export would make it read what its folder does not hold. */
async function refuseLinks(root: string, inside: string): Promise<void> {
  let path = root
  for (const part of inside.split('/')) {
    path = join(path, part)
    const found = await lstat(path).catch(() => undefined)
    if (found?.isSymbolicLink()) throw unreadableExport(inside, 'It is, or lies behind, a symbolic link.')
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
