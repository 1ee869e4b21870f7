/** Measures the sandbox alone, and token endpoint and management API of a started server; prints each figure beside its target. */
import { describeMachine } from './machine.ts'
import { measureManagementApi } from './management-api.ts'
import { printManagementApi } from './print-management-api.ts'
import { printLine } from './print-table.ts'
import { printTokenEndpoint } from './print-token-endpoint.ts'
import { benchSandbox } from './sandbox-bench.ts'
import { measureTokenEndpoint } from './token-endpoint.ts'

for (const line of describeMachine()) printLine(line)
printLine()
printLine('Sandbox: alone, without the server')
await benchSandbox((line) => printLine(`  ${line.trim()}`))
printLine()
printTokenEndpoint(await measureTokenEndpoint())
printLine()
printManagementApi(await measureManagementApi())
