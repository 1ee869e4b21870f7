import type { TokenCountsQuery } from '../contract/stats.ts'
import type { Call } from './call.ts'

export function statsCalls(call: Call) {
  return {
    daily: (query: Pick<TokenCountsQuery, 'from' | 'to'> = {}) => call('GET', '/stats/daily', { query }),
    activeClients: () => call('GET', '/stats/active-users'),
    tokens: (query: TokenCountsQuery = {}) => call('GET', '/stats/tokens', { query }),
  }
}
