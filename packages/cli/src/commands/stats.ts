/** `tallystick stats`: how many tokens were issued and refused. */
import type { TokenCount, TokenCountsQuery } from '@tallystick/management-api/contract/stats'
import { type Command, InvalidArgumentError } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { presentList } from './present-list.ts'

interface StatsOptions {
  readonly from?: string
  readonly to?: string
  readonly client?: string
  readonly api?: string
}

export function addStatsCommand(stats: Command, open: OpenContext): void {
  addExamples(stats, [
    ['tallystick stats', 'of the last 30 days'],
    ['tallystick stats --from 2026-11-01 --client CLIENT_ID'],
  ])
  stats
    .option('--from <day>', 'from this day on, such as 2026-11-01', day)
    .option('--to <day>', 'up to this day', day)
    .option('--client <client_id>', 'of this client only')
    .option('--api <identifier>', 'tokens issued for this API only')
    .action(async ({ from, to, client, api }: StatsOptions) => {
      const context = open()
      const query: TokenCountsQuery = {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(client !== undefined && { client_id: client }),
        ...(api !== undefined && { audience: api }),
      }
      presentList<TokenCount>(
        context,
        {},
        {
          items: await (await context.connect()).stats.tokens(query),
          idOf: (count) => count.client_id,
          whenEmpty: 'No token was issued or refused in this time.',
          columns: [
            { title: 'Day', cell: (count) => count.date },
            { title: 'Client', cell: (count) => count.client_id || 'none' },
            { title: 'API', cell: (count) => count.audience, shrinks: true },
            { title: 'Issued', cell: (count) => String(count.issued) },
            { title: 'Refused', cell: (count) => String(count.refused) },
          ],
        },
      )
    })
}

/** As the management API wants it. */
function day(text: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match) return match.slice(1).join('')
  throw new InvalidArgumentError('It needs a day such as 2026-11-01.')
}
