/** `tallystick logs`: what happened, and what is happening. */
import type { TailEvent } from '@tallystick/management-api/contract/log-tail'
import type { LogEntry } from '@tallystick/management-api/contract/logs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { interruption } from '../ask.ts'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { neutralLine } from '../neutral-text.ts'
import { cutToWidth } from '../table.ts'
import { aboutEntry, consoleLine, entryDetails, entryLine, isExchange } from './log-lines.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'

interface ListLogsOptions extends ListOptions {
  readonly type?: string
  readonly client?: string
  readonly search?: string
  readonly limit: number
}

interface TailOptions {
  readonly rule?: string
  readonly client?: string
  readonly type?: string
  readonly after?: string
}

/** The server's pages, newest first, end there. */
const maxListed = 1000
/** A client's id fits. */
const maxClientWidth = 32

const entryTypes = ['seccft', 'feccft', 'actions_execution_failed', 'w', 'sapi', 'fapi']

export function addLogsCommands(logs: Command, open: OpenContext): void {
  addExamples(logs, [
    ['tallystick logs tail', 'everything, live'],
    ['tallystick logs tail --rule add-plan', 'what one rule prints, and its exchanges'],
    ['tallystick logs list --type feccft --client CLIENT_ID', 'refused exchanges of a client'],
    ["tallystick logs list --search 'description:timeout* AND date:[2026-11-23 TO *]'", 'a search'],
    ['tallystick logs show REQUEST_ID', 'the X-Request-Id of an answer'],
  ])
  logs.addHelpText(
    'after',
    '\nTypes: seccft and feccft, an exchange granted or refused; actions_execution_failed, an Action that failed in one;\nw, a secret or credential that was used and ends soon; sapi and fapi, a change made or refused.',
  )

  addIdsOption(logs.command('list').description('log entries, newest first'))
    .addOption(new Option('--type <type>', 'of this type only').choices(entryTypes))
    .option('--client <client_id>', 'of this client only')
    .option('-q, --search <query>', 'found by a search: fields, AND, OR, NOT, (), final *, ranges of date')
    .option('--limit <number>', 'at most so many, up to 1,000', listLimit, 50)
    .action(async (options: ListLogsOptions) => {
      const context = open()
      presentList(context, options, {
        items: await readEntries(context, options),
        idOf: (entry) => entry.log_id,
        whenEmpty: 'There is no such entry.',
        columns: [
          { title: 'Date', cell: (entry) => entry.date },
          { title: 'Type', cell: (entry) => entry.type },
          {
            title: 'Client',
            cell: (entry) => cutToWidth(entry.client_name || entry.client_id, maxClientWidth),
          },
          { title: 'About', cell: aboutEntry, shrinks: true },
          { title: 'Id', cell: (entry) => entry.log_id },
        ],
      })
    })

  logs
    .command('show <log_id>')
    .description('one log entry, by its id: the X-Request-Id of the answer')
    .action(async (id: string) => {
      const { connect, present } = open()
      const entry = await (await connect()).logs.get(id)
      present(entry, () => entryDetails(entry))
    })

  logs
    .command('tail')
    .description('what happens and what rules print, until Ctrl-C; with --json one object a line')
    .option('--rule <name>', 'of this rule only')
    .option('--client <client_id>', 'of this client only')
    .addOption(new Option('--type <type>', 'of this type only').choices(['console', ...entryTypes]))
    .option('--after <log_id>', 'begin with the entries after this one')
    .action(async (options: TailOptions) => tail(open(), options))
}

function listLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= maxListed) return limit
  throw new InvalidArgumentError(
    'It needs a whole number from 1 to 1,000. Narrow a longer list with --type, --client or --search; all entries can be ' +
      'read from the oldest on, with `from` and `take` of GET /api/v2/logs.',
  )
}

async function readEntries(
  context: CommandContext,
  { type, client, search, limit }: ListLogsOptions,
): Promise<LogEntry[]> {
  const { logs } = await context.connect()
  const filters = [type && `type:${type}`, client && `client_id:${client}`, search && `(${search})`].filter(
    Boolean,
  )
  const entries: LogEntry[] = []
  const perPage = Math.min(limit, 100)
  for (let page = 0; entries.length < limit; page++) {
    const read = await logs.list({
      page,
      per_page: perPage,
      ...(filters.length > 0 && { q: filters.join(' AND ') }),
    })
    entries.push(...read.logs)
    if (read.logs.length < perPage) break
  }
  return entries.slice(0, limit)
}

async function tail(context: CommandContext, { after, ...filter }: TailOptions): Promise<void> {
  const { terminal, json, interrupted } = context
  const { logs } = await context.connect()
  const events = logs.follow({
    signal: interrupted,
    ...(after !== undefined && { afterLogId: after }),
    onReconnect: (afterMs) => terminal.say(`The connection broke; trying again in ${afterMs / 1000} s.`),
  })
  for await (const event of events) {
    if (!isWanted(event, filter)) continue
    if (json) terminal.printJsonLine(event)
    else if (event.kind === 'console') terminal.print(consoleLine(event, terminal.colors))
    else if (event.kind === 'entry') terminal.print(entryLine(event.entry, terminal))
    else terminal.say(`Something is missing here: ${neutralLine(event.reason)}`)
  }
  if (interrupted.aborted) throw interruption()
}

/** A gap concerns every reader: what is missing might have been wanted. */
function isWanted(event: TailEvent, { rule, client, type }: TailOptions): boolean {
  if (event.kind === 'gap') return true
  const found = event.kind === 'console' ? aboutConsole(event) : aboutLogEntry(event.entry)
  if (type !== undefined && found.type !== type) return false
  if (client !== undefined && found.clientId !== client) return false
  return rule === undefined || found.rules.includes(rule)
}

interface About {
  readonly type: string
  readonly clientId: string | null
  readonly rules: readonly string[]
}

function aboutConsole(line: Extract<TailEvent, { kind: 'console' }>): About {
  return { type: 'console', clientId: line.client_id, rules: [line.rule.name] }
}

function aboutLogEntry(entry: LogEntry): About {
  const rules = isExchange(entry) ? entry.details.rules.map((trace) => trace.rule_name) : []
  return { type: entry.type, clientId: entry.client_id, rules }
}
