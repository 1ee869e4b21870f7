/** What a runner computes for its programs, one operation at a time: text in, text out, nothing else crosses. */

import { cryptoOperations } from './crypto-operations.ts'
import type { Request } from './operation-request.ts'
import { urlOperations } from './url-operations.ts'

const operations = new Map([...cryptoOperations, ...urlOperations])

/** JSON in, `{ value }` or `{ error, code }` as JSON out. */
export function operate(requestJson: string): string {
  try {
    const request = JSON.parse(requestJson) as Request
    const operation = operations.get(request.operation)
    if (operation === undefined) throw new Error(`The operation ${request.operation} is not offered.`)
    return JSON.stringify({ value: operation(request) })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error), code })
  }
}
