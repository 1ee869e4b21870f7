/** `tallystick streams`: where the log is sent. */
import type {
  LogStream,
  LogStreamDelivery,
  LogStreamToCreate,
} from '@tallystick/management-api/contract/log-streams'
import { type Command, Option } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { readSecret } from '../secret-input.ts'
import { revealSecret } from '../secret-text.ts'
import { formatDetails } from '../table.ts'
import { deleteObjects } from './delete-objects.ts'
import { collect } from './option-values.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'
import { checkSecretFile, type SecretOptions, showOnce } from './show-secret.ts'

type Sink = LogStreamToCreate['sink']
type CategoryName = LogStream['filters'][number]['name']

interface CreateOptions extends SecretOptions {
  readonly format?: NonNullable<Sink['httpContentFormat']>
  readonly authorizationFile?: string
  readonly category?: readonly CategoryName[]
  readonly from?: string
}

const outOption = ['--out <file>', 'write the signing secret to this file instead of printing it'] as const

export function addStreamsCommands(streams: Command, open: OpenContext): void {
  addExamples(streams, [
    ['tallystick streams create siem https://siem.example.com/logs --authorization-file siem.token'],
    ['tallystick streams show STREAM_ID', 'and whether its receiver accepts anything'],
    ['tallystick streams pause STREAM_ID'],
  ])

  addIdsOption(streams.command('list').description('all log streams of the tenant')).action(
    async (options: ListOptions) => {
      const context = open()
      const { logStreams } = await context.connect()
      presentList(context, options, {
        items: await logStreams.list(),
        idOf: (stream) => stream.id,
        whenEmpty: 'There is no log stream yet: tallystick streams create --help',
        columns: [
          { title: 'Name', cell: (stream) => stream.name },
          { title: 'Status', cell: (stream) => stream.status },
          { title: 'Endpoint', cell: (stream) => stream.sink.httpEndpoint, shrinks: true },
          { title: 'Id', cell: (stream) => stream.id },
        ],
      })
    },
  )

  streams
    .command('show <stream_id>')
    .description('one log stream, and how it is doing')
    .action(async (id: string) => {
      const { connect, present } = open()
      const { logStreams } = await connect()
      const [stream, delivery] = [await logStreams.get(id), await logStreams.delivery(id)]
      present({ ...stream, delivery }, () => details(stream, delivery))
    })

  streams
    .command('create <name> <url>')
    .description('send the log to this address, from now on')
    .addOption(
      new Option('--format <format>', 'how entries are written').choices([
        'JSONLINES',
        'JSONARRAY',
        'JSONOBJECT',
      ]),
    )
    .option(
      '--authorization-file <file>',
      'the Authorization header to send, such as Bearer …; - for standard input',
    )
    .option(
      '--category <name>',
      'entries of this category only, such as auth.token_exchange.fail; repeatable',
      collect,
    )
    .option('--from <date>', 'entries of this date on, such as 2026-11-01 or 2026-11-01T08:00:00Z')
    .option(...outOption)
    .action(async (name: string, url: string, options: CreateOptions) => {
      const context = open()
      await checkSecretFile(options)
      const body = await streamFrom(context, name, url, options)
      const { signing_secret, ...stream } = await (await context.connect()).logStreams.create(body)
      await showSigningSecret(context, signing_secret, stream, options)
    })

  for (const [verb, status, description] of [
    ['pause', 'paused', 'send nothing until it is resumed'],
    ['resume', 'active', 'continue where it was paused'],
  ] as const) {
    streams
      .command(`${verb} <stream_id>`)
      .description(description)
      .action(async (id: string) => {
        const { connect, present } = open()
        const stream = await (await connect()).logStreams.update(id, { status })
        present(stream, () => details(stream))
      })
  }

  streams
    .command('rotate-secret <stream_id>')
    .description('a new signing secret; what is sent from now on is signed with it')
    .option(...outOption)
    .action(async (id: string, options: SecretOptions) => {
      const context = open()
      await checkSecretFile(options)
      const { signing_secret, ...stream } = await (await context.connect()).logStreams.rotateSecret(id)
      await showSigningSecret(context, signing_secret, stream, options)
    })

  streams
    .command('delete <stream_id...>')
    .description('delete log streams; - reads ids from standard input')
    .action(async (ids: string[]) => {
      const context = open()
      const { logStreams } = await context.connect()
      await deleteObjects(context, 'log stream', ids, logStreams)
    })
}

async function streamFrom(
  { terminal, asker }: CommandContext,
  name: string,
  httpEndpoint: string,
  { format, authorizationFile, category, from }: CreateOptions,
): Promise<LogStreamToCreate> {
  const authorization =
    authorizationFile === undefined
      ? undefined
      : await readSecret(
          { input: terminal.input, asker },
          { path: authorizationFile, question: '', flag: '--authorization-file' },
        )
  return {
    name,
    type: 'http',
    sink: {
      httpEndpoint,
      ...(format && { httpContentFormat: format }),
      ...(authorization && { httpAuthorization: revealSecret(authorization) }),
    },
    ...(category && { filters: category.map((one) => ({ type: 'category' as const, name: one })) }),
    ...(from !== undefined && { startFrom: from }),
  }
}

function showSigningSecret(
  context: CommandContext,
  secret: string,
  stream: LogStream,
  options: SecretOptions,
): Promise<void> {
  return showOnce(context, { name: 'signing_secret', secret, rest: stream }, options, details)
}

function details(stream: LogStream, delivery?: LogStreamDelivery): string[] {
  return formatDetails([
    ['id', stream.id],
    ['name', stream.name],
    ['status', stream.status],
    ['endpoint', stream.sink.httpEndpoint],
    ['format', stream.sink.httpContentFormat],
    ['categories', stream.filters.map(({ name }) => name).join('\n') || 'all'],
    ['delivered', delivery?.delivered_at ?? ''],
    ['failing since', delivery?.failing_since ?? ''],
    ['failure', delivery?.failure ?? ''],
  ])
}
