/**
 * Measures the sandbox alone, the proofs of clients, and token endpoint and
 * management API of a started server; prints each figure beside its target.
 */
import { measureClientProofs } from './client-proofs.ts'
import { describeMachine } from './machine.ts'
import { measureManagementApi } from './management-api.ts'
import { printClientProofs } from './print-client-proofs.ts'
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
const tokenEndpoint = await measureTokenEndpoint()
printTokenEndpoint(tokenEndpoint)
printLine()
printClientProofs(await measureClientProofs(), tokenEndpoint)
printLine()
printManagementApi(await measureManagementApi())
