/** The figures of the management API, each beside its target. */
import type { ManagementFigures } from './management-api.ts'
import { againstTarget, printLine, printTable } from './print-table.ts'

export function printManagementApi({ clients, listMs, lastPageMs, changeMs }: ManagementFigures): void {
  printLine(
    `Management API: a tenant with ${clients.toLocaleString('en')} clients, medians, one call after the other`,
  )
  printTable([
    ['', 'measured', 'target', ''],
    ['first 100 clients with their total, ms', ...againstTarget(listMs, { atMost: 50 })],
    ['last 100 clients with their total, ms', ...againstTarget(lastPageMs, { atMost: 50 })],
    ['change of a client, on disk, ms', ...againstTarget(changeMs, { atMost: 20 })],
  ])
}
