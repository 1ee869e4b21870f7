/** `tallystick clients secrets` and `rotate-secret`: a client changes from one secret to the next without a gap. */
import type { ClientSecret } from '@tallystick/management-api/contract/client-secrets'
import type { Client } from '@tallystick/management-api/contract/clients'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { formatDetails } from '../table.ts'
import { requireChange } from './change-named.ts'
import { deleteObjects } from './delete-objects.ts'
import { duration } from './option-values.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'
import { noteOf } from './secret-note.ts'
import { checkSecretFile, type SecretOptions, showOnce, showSecret } from './show-secret.ts'

interface NewSecretOptions extends SecretOptions {
  readonly name?: string
  readonly expiresAt?: string
}

interface ChangeOptions {
  readonly name?: string
  readonly expiresAt?: string
  readonly neverExpires?: true
}

interface RotationOptions extends SecretOptions {
  readonly overlap?: number
}

const outOption = ['--out <file>', 'write the secret to this file (mode 0600) instead of the screen'] as const

export function addRotateSecretCommand(
  clients: Command,
  open: OpenContext,
  details: (client: Client) => string[],
): void {
  clients
    .command('rotate-secret <client_id>')
    .description('a new secret; the old one ends at once, or after the overlap')
    .option('--overlap <time>', 'let the old secret go on, such as 1h; at most 30d', duration)
    .option(...outOption)
    .action(async (id: string, options: RotationOptions) => {
      const context = open()
      await checkSecretFile(options)
      const connection = await context.connect()
      const { overlap = 0 } = options
      if (overlap === 0) await context.asker.confirm(`End the present secrets of ${id}?`)
      const client = await connection.clients.rotateSecret(id, { overlap_seconds: overlap })
      await showSecret(context, client, options, details)
    })
}

export function addClientSecretsCommands(secrets: Command, open: OpenContext): void {
  addExamples(secrets, [
    ['tallystick clients secrets list CLIENT_ID'],
    ['tallystick clients secrets create CLIENT_ID --name blue --out billing.secret'],
    ['tallystick clients secrets delete CLIENT_ID SECRET_ID'],
  ])

  addIdsOption(
    secrets.command('list <client_id>').description('the secrets of a client, and which can go'),
  ).action(async (client: string, options: ListOptions) => {
    const context = open()
    const items = await (await context.connect()).clientSecrets.list(client)
    const now = new Date()
    presentList(context, options, {
      items,
      idOf: (secret) => secret.id,
      whenEmpty: 'The client has no secret: tallystick clients secrets create --help',
      columns: [
        { title: 'Secret id', cell: (secret) => secret.id },
        { title: 'Expires', cell: (secret) => secret.expires_at ?? 'never' },
        { title: 'Last used', cell: (secret) => secret.last_used_at ?? 'never' },
        { title: 'Note', cell: (secret) => noteOf(secret, items, now) },
        { title: 'Name', cell: (secret) => secret.name ?? '', shrinks: true },
      ],
    })
  })

  secrets
    .command('create <client_id>')
    .description('one more secret; a client has two live ones at most')
    .option('--name <text>', 'what people call it')
    .option('--expires-at <time>', 'such as 2027-01-31T00:00:00Z')
    .option(...outOption)
    .action(async (client: string, options: NewSecretOptions) => {
      const context = open()
      await checkSecretFile(options)
      const { clientSecrets } = await context.connect()
      const { client_secret, ...rest } = await clientSecrets.create(client, newSecretOf(options))
      await showOnce(context, { name: 'client_secret', secret: client_secret, rest }, options, details)
    })

  secrets
    .command('update <client_id> <secret_id>')
    .description('change its name, or when it expires')
    .option('--name <text>', 'what people call it')
    .addOption(new Option('--expires-at <time>', 'such as 2027-01-31T00:00:00Z').conflicts('neverExpires'))
    .option('--never-expires', 'let it go on until it is deleted')
    .action(async (client: string, id: string, options: ChangeOptions) => {
      const { connect, present } = open()
      const change = requireChange(changeOf(options))
      const secret = await (await connect()).clientSecrets.update(client, id, change)
      present(secret, () => details(secret))
    })

  secrets
    .command('delete <client_id> <secret_id...>')
    .description('end secrets at once; - reads ids from standard input')
    .action(async (client: string, ids: string[]) => {
      const context = open()
      const { clientSecrets } = await context.connect()
      await deleteObjects(context, 'secret', ids, {
        get: (id) => clientSecrets.get(client, id),
        delete: (id) => clientSecrets.delete(client, id),
      })
    })
}

function newSecretOf({ name, expiresAt }: NewSecretOptions) {
  return {
    ...(name !== undefined && { name }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
  }
}

function changeOf({ neverExpires, ...options }: ChangeOptions) {
  return { ...newSecretOf(options), ...(neverExpires && { expires_at: null }) }
}

function details(secret: ClientSecret): string[] {
  return formatDetails([
    ['secret_id', secret.id],
    ['name', secret.name ?? ''],
    ['created', secret.created_at],
    ['expires', secret.expires_at ?? 'never'],
    ['last used', secret.last_used_at ?? 'never'],
  ])
}
