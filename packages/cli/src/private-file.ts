/** Files that hold secrets: written so that nobody else can ever read them, not even for a moment. */
import { chmod, lstat, mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from './failure.ts'

/** Undefined when there is no such file. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw new Failure(
      'failed',
      {
        what: `${path} cannot be read.`,
        why: error instanceof Error ? error.message : String(error),
        todo: 'Check whom the file belongs to, or say where the server is with flags and environment variables.',
      },
      { cause: error },
    )
  }
}

/**
 * A device, a pipe or a link would be replaced by a file, and nobody who names one means that, nor with the name that
 * stands for standard output elsewhere.
 * @throws Failure when something that is no ordinary file is there.
 */
export async function refuseWhatIsNoFile(path: string): Promise<void> {
  if (path === '-') {
    throw new Failure('usage', {
      what: '- is the name of no file here.',
      why: 'It stands for standard input or output elsewhere.',
      todo: 'Leave the option out, and what would be in the file is printed; or name a file.',
    })
  }
  const found = await lstat(path).catch((error: unknown) => {
    if (isAbsence(error)) return undefined
    throw notWritten(path, error)
  })
  if (found === undefined || found.isFile()) return
  throw new Failure('usage', {
    what: `${path} is not replaced.`,
    why: `It is ${found.isSymbolicLink() ? 'a symbolic link' : found.isDirectory() ? 'a folder' : 'no ordinary file'}.`,
    todo: 'Name a new file, or one that may be replaced.',
  })
}

/** Mode 0600 from its first byte; takes the place of an older file at once or not at all. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await refuseWhatIsNoFile(path)
  const draft = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await chmod(draft, 0o600)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw notWritten(path, error)
  }
}

/** False when there was no such file. */
export async function removePrivateFile(path: string): Promise<boolean> {
  try {
    await rm(path)
    return true
  } catch (error) {
    if (isAbsence(error)) return false
    throw new Failure(
      'failed',
      {
        what: `${path} cannot be removed.`,
        why: error instanceof Error ? error.message : String(error),
        todo: 'Check whom the folder belongs to.',
      },
      { cause: error },
    )
  }
}

/** The file behind a link: people keep files of their home folder elsewhere and link to them. */
export async function linkedFile(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

function notWritten(path: string, error: unknown): Failure {
  return new Failure(
    'failed',
    {
      what: `${path} cannot be written.`,
      why: error instanceof Error ? error.message : String(error),
      todo: 'Name a file in a folder that you may write to.',
    },
    { cause: error },
  )
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
