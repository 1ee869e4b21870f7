/** `tallystick clients credentials`: public keys with which a client proves itself instead of sending a secret. */
import type { ClientCredential } from '@tallystick/management-api/contract/client-credentials'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { formatDetails } from '../table.ts'
import { deleteObjects } from './delete-objects.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'
import { readPublicKey } from './public-key-file.ts'

interface AddOptions {
  readonly name?: string
  readonly alg?: ClientCredential['alg']
  readonly kid?: string
  readonly expiresAt?: string
  readonly expiryFromCertificate?: true
}

export function addClientCredentialsCommands(credentials: Command, open: OpenContext): void {
  addExamples(credentials, [
    ['tallystick clients credentials add CLIENT_ID public.pem'],
    ['tallystick clients update CLIENT_ID --auth-method private_key_jwt --credential CREDENTIAL_ID'],
  ])

  addIdsOption(credentials.command('list <client_id>').description('the public keys of a client')).action(
    async (client: string, options: ListOptions) => {
      const context = open()
      const items = await (await context.connect()).clientCredentials.list(client)
      presentList(context, options, {
        items,
        idOf: (credential) => credential.id,
        whenEmpty: 'There is no credential yet: tallystick clients credentials add --help',
        columns: [
          { title: 'Credential id', cell: (credential) => credential.id },
          { title: 'Type', cell: (credential) => credential.credential_type },
          { title: 'Alg', cell: (credential) => credential.alg ?? '' },
          { title: 'Kid', cell: (credential) => credential.kid },
          { title: 'Expires', cell: (credential) => credential.expires_at ?? 'never' },
          { title: 'Name', cell: (credential) => credential.name ?? '', shrinks: true },
        ],
      })
    },
  )

  credentials
    .command('add <client_id> <file>')
    .description('a public key: PEM, certificate or JWK; - reads standard input')
    .option('--name <text>', 'what people call it')
    .addOption(
      new Option('--alg <name>', 'what it signs with').choices(['RS256', 'RS384', 'PS256', 'ES256', 'EdDSA']),
    )
    .option('--kid <text>', 'its key id; by default its thumbprint')
    .addOption(
      new Option('--expires-at <time>', 'such as 2027-01-31T00:00:00Z').conflicts('expiryFromCertificate'),
    )
    .option('--expiry-from-certificate', 'let it expire when the certificate does')
    .action(async (client: string, file: string, options: AddOptions) => {
      const context = open()
      const key = await readPublicKey(file, context.terminal.input)
      const { clientCredentials } = await context.connect()
      const credential = await clientCredentials.create(client, {
        credential_type: 'public_key',
        ...key,
        ...settingsOf(options),
      })
      context.present(credential, () => details(credential))
    })

  credentials
    .command('remove <client_id> <credential_id...>')
    .description('delete public keys that the client does not authenticate with any more')
    .action(async (client: string, ids: string[]) => {
      const context = open()
      const { clientCredentials } = await context.connect()
      await deleteObjects(context, 'credential', ids, (id) => clientCredentials.delete(client, id))
    })
}

function settingsOf({ name, alg, kid, expiresAt, expiryFromCertificate }: AddOptions) {
  return {
    ...(name !== undefined && { name }),
    ...(alg !== undefined && { alg }),
    ...(kid !== undefined && { kid }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(expiryFromCertificate && { parse_expiry_from_cert: true }),
  }
}

function details(credential: ClientCredential): string[] {
  return formatDetails([
    ['credential_id', credential.id],
    ['alg', credential.alg ?? ''],
    ['kid', credential.kid],
    ['name', credential.name ?? ''],
    ['expires', credential.expires_at ?? 'never'],
  ])
}
