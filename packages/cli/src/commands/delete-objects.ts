/**
 * Deleting, the same for each noun: several ids, or `-` for those on standard input, confirmed once. The management
 * API answers a DELETE of what does not exist as if it had; here it is an error, so that a mistyped id of a leaked
 * secret is noticed.
 */
import { ManagementApiError } from '@tallystick/management-api/connect'
import type { CommandContext } from '../command-context.ts'
import { Failure } from '../failure.ts'
import { neutralLine } from '../neutral-text.ts'
import { readText } from '../secret-input.ts'

export interface Deletable {
  /** @throws ManagementApiError with status 404 where it is not there. */
  get(id: string): Promise<unknown>
  delete(id: string): Promise<unknown>
}

export async function deleteObjects(
  context: CommandContext,
  noun: string,
  given: readonly string[],
  objects: Deletable,
): Promise<void> {
  const { terminal, asker, present } = context
  const ids = given.includes('-') ? await readIds(context, given) : given
  const [first] = ids
  const named = ids.length === 1 ? neutralLine(first ?? '') : `${ids.length} of these`
  await asker.confirm(`Delete the ${noun} ${named}?`)
  for (const id of ids) await requireThere(objects, id)
  const deleted: string[] = []
  for (const id of ids) {
    await objects.delete(id)
    deleted.push(id)
    terminal.say(`Deleted the ${noun} ${neutralLine(id)}.`)
  }
  present({ deleted }, () => [])
}

/** An operator who may delete but not read goes on without the check. */
async function requireThere(objects: Deletable, id: string): Promise<void> {
  try {
    await objects.get(id)
  } catch (error) {
    if (!(error instanceof ManagementApiError) || error.status !== 403) throw error
  }
}

async function readIds({ terminal }: CommandContext, given: readonly string[]): Promise<string[]> {
  const text = await readText('-', terminal.input)
  const ids = [...given.filter((id) => id !== '-'), ...text.split('\n').map((line) => line.trim())]
  const named = ids.filter((id) => id !== '')
  if (named.length > 0) return named
  throw new Failure('usage', {
    what: 'There is nothing to delete.',
    why: 'Standard input named no id.',
    todo: 'Pipe ids into it, one a line, such as those of `list --ids`.',
  })
}
