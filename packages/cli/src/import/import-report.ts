/** The plan and what there is to say about it, for people and as JSON. */
import { neutralLine } from '../neutral-text.ts'
import { formatTable } from '../table.ts'
import type { Exported } from './exported.ts'
import type { Plan } from './make-plan.ts'
import { type Remark, remarkKinds, type Step } from './plan.ts'

export function stepOnWire({ verb, noun, name, details }: Step) {
  return { verb, noun, name, details }
}

export function planLines({ steps, unchanged }: Plan, lineWidth: number): string[] {
  const rest = `${unchanged} more of the export: as they shall be, or left out.`
  if (steps.length === 0) return [`There is nothing to do. ${rest}`]
  return [
    ...formatTable<Step>(
      [
        { title: 'Do', cell: ({ verb }) => verb },
        { title: 'What', cell: ({ noun }) => noun },
        { title: 'Name', cell: ({ name }) => name },
        { title: 'Details', cell: ({ details }) => details.join(', '), shrinks: true },
      ],
      steps,
      lineWidth,
    ),
    rest,
  ]
}

/** Grouped by what there is to do about them; a blank line before each group. */
export function remarkLines(remarks: readonly Remark[]): string[] {
  return Object.entries(remarkKinds).flatMap(([kind, title]) => {
    const group = remarks.filter((remark) => remark.kind === kind)
    if (group.length === 0) return []
    return ['', `${title}:`, ...group.map(({ about, text }) => neutralLine(`  ${about}: ${text}`))]
  })
}

export interface ClientIdChange {
  readonly name: string
  readonly old_client_id: string | undefined
  readonly client_id: string
}

/** Where each client of the export is found now. */
export function clientIdChanges(
  { clients }: Exported,
  ids: ReadonlyMap<string, string>,
): readonly ClientIdChange[] {
  return clients.flatMap(({ name, oldId }) => {
    const id = ids.get(name)
    return id === undefined ? [] : [{ name, old_client_id: oldId, client_id: id }]
  })
}

export function clientIdLines(changes: readonly ClientIdChange[]): string[] {
  if (changes.length === 0) return []
  return [
    '',
    ...formatTable<ClientIdChange>(
      [
        { title: 'Client', cell: ({ name }) => name },
        { title: 'Id at Auth0', cell: ({ old_client_id }) => old_client_id ?? 'not exported' },
        { title: 'Id here', cell: ({ client_id }) => client_id },
      ],
      changes,
    ),
  ]
}
