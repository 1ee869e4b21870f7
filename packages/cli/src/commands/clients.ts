/** `tallystick clients`: the programs that get tokens. */
import {
  type Client,
  type ComplianceLevel,
  complianceLevels,
} from '@tallystick/management-api/contract/clients'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { formatDetails } from '../table.ts'
import { requireChange } from './change-named.ts'
import {
  type AuthMethodOptions,
  addAuthMethodOptions,
  addCredentialOption,
  authenticationToCreate,
  changedAuthentication,
} from './client-auth-method.ts'
import { addClientCredentialsCommands } from './client-credentials.ts'
import { proofLines, readProofs } from './client-proofs.ts'
import { addClientSecretsCommands, addRotateSecretCommand } from './client-secrets.ts'
import { deleteObjects } from './delete-objects.ts'
import { collect, collectPairs, wholeNumber } from './option-values.ts'
import { addIdsOption, allPages, type ListOptions, presentList } from './present-list.ts'
import { checkSecretFile, type SecretOptions, showSecret } from './show-secret.ts'

interface ClientOptions extends AuthMethodOptions {
  readonly description?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** False: as long as the API says. */
  readonly tokenLifetime?: number | false
  readonly complianceLevel?: ComplianceLevel
  readonly requireProofOfPossession?: boolean
  readonly resourceServerIdentifier?: string
}

interface UpdateOptions extends ClientOptions {
  readonly name?: string
  readonly removeMetadata?: readonly string[]
  readonly enable?: true
  readonly disable?: true
}

export function addClientsCommands(clients: Command, open: OpenContext): void {
  addExamples(clients, [
    ['tallystick clients list'],
    ['tallystick clients show CLIENT_ID', 'one of them, and what it authenticates with'],
    ['tallystick clients create billing --metadata plan=gold --out billing.secret'],
    ['tallystick clients rotate-secret CLIENT_ID --overlap 1h --out billing.secret'],
  ])

  addIdsOption(clients.command('list').description('all clients of the tenant')).action(
    async (options: ListOptions) => {
      const context = open()
      const connection = await context.connect()
      const items = await allPages(async (page) => {
        const { total, clients: pageOfClients } = await connection.clients.list(page)
        return { total, items: pageOfClients }
      })
      presentList(context, options, {
        items,
        idOf: (client) => client.client_id,
        whenEmpty: 'There is no client yet: tallystick clients create --help',
        columns: [
          { title: 'Client id', cell: (client) => client.client_id },
          { title: 'Name', cell: (client) => client.name },
          { title: 'Enabled', cell: (client) => (client.enabled ? 'yes' : 'no') },
          { title: 'Description', cell: (client) => client.description ?? '', shrinks: true },
        ],
      })
    },
  )

  clients
    .command('show <client_id>')
    .description('one client, and what it authenticates with; its secrets cannot be read back')
    .action(async (id: string) => {
      const { connect, present, now, terminal } = open()
      const connection = await connect()
      const client = await connection.clients.get(id)
      const shown = await readProofs(connection, client, now())
      present({ ...client, ...shown }, () => [...details(client), ...proofLines(shown, terminal.lineWidth)])
    })

  addSettings(clients.command('create <name>').description('a new client, with a new secret'))
    .option('--out <file>', 'write the secret to this file (mode 0600) instead of the screen')
    .action(async (name: string, options: ClientOptions & SecretOptions) => {
      const context = open()
      await checkSecretFile(options)
      const authentication = await authenticationToCreate(options, context.terminal.input)
      const body = { name, ...settingsOf(options), ...authentication }
      const client = await (await context.connect()).clients.create(body)
      await showSecret(context, client, options, details)
    })

  addCredentialOption(
    addSettings(
      clients.command('update <client_id>').description('change a client; what is not named stays'),
    ),
  )
    .option('--name <name>', 'a new name')
    .option('--remove-metadata <name>', 'metadata to remove; repeatable', collect)
    .addOption(new Option('--no-require-proof-of-possession', 'let it have bearer tokens again'))
    .addOption(new Option('--no-token-lifetime', 'let its tokens live as long as the API says'))
    .addOption(new Option('--enable', 'let it have tokens again').conflicts('disable'))
    .option('--disable', 'answer it like an unknown client')
    .action(async (id: string, options: UpdateOptions) => {
      const { connect, present, terminal } = open()
      const connection = await connect()
      const authentication = await changedAuthentication(connection, id, options, terminal.input)
      const change = requireChange({ ...changeOf(options), ...authentication })
      const client = await connection.clients.update(id, change)
      present(client, () => details(client))
    })

  addClientCredentialsCommands(
    clients
      .command('credentials')
      .description('keys and certificates that a client authenticates with')
      .helpCommand(false),
    open,
  )

  addClientSecretsCommands(
    clients
      .command('secrets')
      .description('secrets that a client authenticates with, and which can go')
      .helpCommand(false),
    open,
  )
  addRotateSecretCommand(clients, open, details)

  clients
    .command('delete <client_id...>')
    .description('delete clients with their secrets and grants; - reads ids from standard input')
    .action(async (ids: string[]) => {
      const context = open()
      const connection = await context.connect()
      await deleteObjects(context, 'client', ids, connection.clients)
    })
}

function addSettings(command: Command): Command {
  return addAuthMethodOptions(command)
    .option('--description <text>', 'a sentence for people')
    .option('--metadata <name=value>', 'what rules see as client.metadata; repeatable', collectPairs)
    .option(
      '--token-lifetime <seconds>',
      'the longest lifetime of its tokens, if shorter than that of the API',
      wholeNumber,
    )
    .addOption(
      new Option('--compliance-level <level>', 'the FAPI 2.0 level that it must meet').choices(
        complianceLevels,
      ),
    )
    .option('--require-proof-of-possession', 'issue it only tokens that are bound to a key')
    .option(
      '--resource-server-identifier <api>',
      'the API that this client is, whose tokens it may introspect',
    )
}

function settingsOf(options: ClientOptions) {
  const { description, metadata, tokenLifetime, complianceLevel } = options
  const { requireProofOfPossession, resourceServerIdentifier } = options
  return {
    ...(tokenLifetime !== undefined && { token_lifetime: tokenLifetime === false ? null : tokenLifetime }),
    ...(description !== undefined && { description }),
    ...(metadata && { client_metadata: { ...metadata } }),
    ...(complianceLevel && { compliance_level: complianceLevel }),
    ...(requireProofOfPossession !== undefined && { require_proof_of_possession: requireProofOfPossession }),
    ...(resourceServerIdentifier !== undefined && { resource_server_identifier: resourceServerIdentifier }),
  }
}

/** In a change, null removes a member of the metadata. */
function changeOf({ name, removeMetadata = [], enable, disable, ...settings }: UpdateOptions) {
  const removed = Object.fromEntries(removeMetadata.map((member) => [member, null]))
  const metadata = { ...removed, ...settings.metadata }
  return {
    ...settingsOf(settings),
    ...(name !== undefined && { name }),
    ...(Object.keys(metadata).length > 0 && { client_metadata: metadata }),
    ...(enable && { enabled: true }),
    ...(disable && { enabled: false }),
  }
}

function details(client: Client): string[] {
  const [[method, named] = []] = Object.entries(client.client_authentication_methods ?? {})
  const { resource_server_identifier: api } = client
  return formatDetails([
    ['client_id', client.client_id],
    ['name', client.name],
    ['description', client.description ?? ''],
    ['enabled', client.enabled ? 'yes' : 'no'],
    [
      'token lifetime',
      client.token_lifetime === undefined ? 'as the API says' : `${client.token_lifetime} s`,
    ],
    // Which of them it is stands beside its credentials, and is shown to those who may read those.
    ['authentication', client.token_endpoint_auth_method ?? method ?? 'with credentials'],
    ['credentials', named?.credentials?.map(({ id }) => id).join('\n') ?? ''],
    ['key set', client.client_authentication_methods?.private_key_jwt?.jwks_uri ?? ''],
    ['tokens', tokensInWords(client, method)],
    ['compliance level', client.compliance_level ?? 'none'],
    ['is the API', typeof api === 'string' ? api : ''],
    [
      'metadata',
      Object.entries(client.client_metadata)
        .map((entry) => entry.join('='))
        .join('\n'),
    ],
  ])
}

/** A client that authenticates with a certificate gets tokens that are bound to it (RFC 8705 §3). */
function tokensInWords({ require_proof_of_possession }: Client, method: string | undefined): string {
  if (method?.includes('tls_client_auth')) return 'bound to the certificate, or to the key of a DPoP proof'
  return require_proof_of_possession ? 'bound to a key' : 'bearer, unless the API or a proof says'
}
