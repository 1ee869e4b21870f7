/** Measures, and prints each figure beside its target. */
import { describeMachine } from './machine.ts'
import { printLine } from './print-table.ts'
import { printTokenEndpoint } from './print-token-endpoint.ts'
import { measureTokenEndpoint } from './token-endpoint.ts'

for (const line of describeMachine()) printLine(line)
printLine()
printTokenEndpoint(await measureTokenEndpoint())
