/**
 * `tallystick clients credentials`: keys and certificates with which a client authenticates instead of sending a
 * secret.
 */
import type {
  ClientCredential,
  ClientCredentialToCreate,
} from '@tallystick/management-api/contract/client-credentials'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { requireChange } from './change-named.ts'
import {
  addCertificateOptions,
  type CertificateOptions,
  certificateCredential,
  certificateOptionNames,
} from './client-certificate.ts'
import { credentialDetails, endOf, holderOf } from './client-credential-details.ts'
import { deleteObjects } from './delete-objects.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'
import { readPublicKey } from './public-key-file.ts'

interface CreateOptions extends CertificateOptions {
  readonly name?: string
  readonly alg?: ClientCredential['alg']
  readonly kid?: string
  readonly expiresAt?: string
  readonly expiryFromCertificate?: true
}

interface ChangeOptions {
  readonly expiresAt?: string
  readonly neverExpires?: true
}

export function addClientCredentialsCommands(credentials: Command, open: OpenContext): void {
  addExamples(credentials, [
    ['tallystick clients credentials create CLIENT_ID public.pem'],
    ['tallystick clients credentials create CLIENT_ID --certificate client.pem'],
    ["tallystick clients credentials create CLIENT_ID --subject-dn 'CN=billing,O=Example' --ca ca.pem"],
    ['tallystick clients update CLIENT_ID --auth-method private_key_jwt --credential CREDENTIAL_ID'],
    ['tallystick clients credentials show CLIENT_ID CREDENTIAL_ID'],
  ])

  addIdsOption(
    credentials.command('list <client_id>').description('the keys and certificates of a client'),
  ).action(async (client: string, options: ListOptions) => {
    const context = open()
    const items = await (await context.connect()).clientCredentials.list(client)
    presentList(context, options, {
      items,
      idOf: (credential) => credential.id,
      whenEmpty: 'There is no credential yet: tallystick clients credentials create --help',
      columns: [
        { title: 'Credential id', cell: (credential) => credential.id },
        { title: 'Type', cell: (credential) => credential.credential_type },
        { title: 'Alg', cell: (credential) => credential.alg ?? '' },
        { title: 'Kid', cell: (credential) => credential.kid },
        { title: 'Expires', cell: (credential) => endOf(credential) ?? 'never' },
        { title: 'Of', cell: (credential) => (credential.alg === undefined ? holderOf(credential) : '') },
        { title: 'Name', cell: (credential) => credential.name ?? '', shrinks: true },
      ],
    })
  })

  credentials
    .command('show <client_id> <credential_id>')
    .description('one of them in full; for a name, its authorities and when they end')
    .action(async (client: string, id: string) => {
      const { connect, present } = open()
      const credential = await (await connect()).clientCredentials.get(client, id)
      present(credential, () => credentialDetails(credential))
    })

  const create = credentials
    .command('create <client_id> [file]')
    .alias('add')
    .description('a public key (PEM, certificate or JWK; - reads standard input), a certificate, or a name')
    .option('--name <text>', 'what people call it')
    .addOption(
      new Option('--alg <name>', 'the algorithm that the key signs with')
        .choices(['RS256', 'RS384', 'PS256', 'ES256', 'EdDSA'])
        .conflicts([...certificateOptionNames]),
    )
    .addOption(
      new Option('--kid <text>', 'the id of the key; by default its thumbprint').conflicts([
        ...certificateOptionNames,
      ]),
    )
    .addOption(
      new Option('--expires-at <time>', 'such as 2027-01-31T00:00:00Z').conflicts('expiryFromCertificate'),
    )
    .addOption(
      new Option('--expiry-from-certificate', 'let the key expire when the certificate does').conflicts([
        ...certificateOptionNames,
      ]),
    )
  addCertificateOptions(create).action(
    async (client: string, file: string | undefined, options: CreateOptions) => {
      const context = open()
      const proof = await proofIn(file, options, context.terminal.input)
      const { clientCredentials } = await context.connect()
      const credential = await clientCredentials.create(client, { ...proof, ...settingsOf(options) })
      context.present(credential, () => credentialDetails(credential))
    },
  )

  credentials
    .command('update <client_id> <credential_id>')
    .description('change when it expires')
    .addOption(new Option('--expires-at <time>', 'such as 2027-01-31T00:00:00Z').conflicts('neverExpires'))
    .option('--never-expires', 'let it go on until it is deleted')
    .action(async (client: string, id: string, { expiresAt, neverExpires }: ChangeOptions) => {
      const { connect, present } = open()
      const change = requireChange({
        ...(expiresAt !== undefined && { expires_at: expiresAt }),
        ...(neverExpires && { expires_at: null }),
      })
      const credential = await (await connect()).clientCredentials.update(client, id, change)
      present(credential, () => credentialDetails(credential))
    })

  credentials
    .command('delete <client_id> <credential_id...>')
    .alias('remove')
    .description('delete keys and certificates that the client does not authenticate with any more')
    .action(async (client: string, ids: string[]) => {
      const context = open()
      const { clientCredentials } = await context.connect()
      await deleteObjects(context, 'credential', ids, {
        get: (id) => clientCredentials.get(client, id),
        delete: (id) => clientCredentials.delete(client, id),
      })
    })
}

async function proofIn(
  file: string | undefined,
  options: CreateOptions,
  input: Parameters<typeof readPublicKey>[1],
): Promise<ClientCredentialToCreate> {
  const certified = await certificateCredential(options, input)
  if (certified && file === undefined) return certified
  if (file !== undefined && !certified) {
    return { credential_type: 'public_key', ...(await readPublicKey(file, input)) }
  }
  throw new Failure('usage', {
    what: 'A credential is one of three things.',
    why: 'It is a public key, a certificate that a client shows, or a name in certificates of an authority.',
    todo: 'Give the file of a public key, --certificate FILE, or --subject-dn NAME with --ca FILE.',
  })
}

function settingsOf({ name, alg, kid, expiresAt, expiryFromCertificate }: CreateOptions) {
  return {
    ...(name !== undefined && { name }),
    ...(alg !== undefined && { alg }),
    ...(kid !== undefined && { kid }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(expiryFromCertificate && { parse_expiry_from_cert: true }),
  }
}
