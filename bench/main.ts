/** Measures the sandbox alone and the token endpoint of a started server; prints each figure beside its target. */
import { describeMachine } from './machine.ts'
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
