import type { WarningsQuery } from '../contract/warnings.ts'
import type { Call } from './call.ts'

export function warningCalls(call: Call) {
  return { list: (query: WarningsQuery = {}) => call('GET', '/warnings', { query }) }
}
