/** Deleting, the same for each noun: several ids or `-` for those on standard input, asked about once. */
import type { CommandContext } from '../command-context.ts'
import { Failure } from '../failure.ts'
import { neutralLine } from '../neutral-text.ts'
import { readText } from '../secret-input.ts'

export async function deleteObjects(
  context: CommandContext,
  noun: string,
  given: readonly string[],
  deleteOne: (id: string) => Promise<unknown>,
): Promise<void> {
  const { terminal, asker, present } = context
  const ids = given.includes('-') ? await readIds(context, given) : given
  const [first] = ids
  const named = ids.length === 1 ? neutralLine(first ?? '') : `${ids.length} of these`
  await asker.confirm(`Delete the ${noun} ${named}?`)
  const deleted: string[] = []
  for (const id of ids) {
    await deleteOne(id)
    deleted.push(id)
    terminal.say(`Deleted the ${noun} ${neutralLine(id)}.`)
  }
  present({ deleted }, () => [])
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
