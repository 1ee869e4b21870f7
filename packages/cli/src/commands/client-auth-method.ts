/** How a client proves itself, as options of `tallystick clients create` and `update`. */
import type { Connection } from '@tallystick/management-api/connect'
import { type Command, Option } from 'commander'
import { Failure } from '../failure.ts'
import { collect } from './option-values.ts'
import { type PublicKey, readPublicKey } from './public-key-file.ts'

export interface AuthMethodOptions {
  readonly authMethod?:
    | 'client_secret_post'
    | 'client_secret_basic'
    | 'none'
    | 'private_key_jwt'
    | 'federated_jwt'
  readonly publicKey?: string
  readonly credential?: readonly string[]
  readonly jwksUri?: string
}

export function addAuthMethodOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--auth-method <method>', 'how it proves itself').choices([
        'client_secret_post',
        'client_secret_basic',
        'private_key_jwt',
        'federated_jwt',
        'none',
      ]),
    )
    .addOption(
      new Option(
        '--public-key <file>',
        'with private_key_jwt: its public key; - reads standard input',
      ).conflicts('jwksUri'),
    )
    .option('--jwks-uri <url>', 'with private_key_jwt: where it publishes its public keys')
}

export function addCredentialOption(command: Command): Command {
  return command.addOption(
    new Option('--credential <id>', 'with private_key_jwt: a key that it has; up to two')
      .argParser(collect)
      .conflicts(['publicKey', 'jwksUri']),
  )
}

type Input = Parameters<typeof readPublicKey>[1]

/** For a client that is to be made. */
export async function authenticationToCreate(
  { authMethod, publicKey, jwksUri }: AuthMethodOptions,
  input: Input,
) {
  if (authMethod !== 'private_key_jwt') return { ...secretMethod(authMethod, publicKey ?? jwksUri) }
  if (jwksUri !== undefined) return publishedAt(jwksUri)
  if (publicKey === undefined) {
    throw keyMissing(
      'Give its public key: --public-key public.pem, or where it publishes them: --jwks-uri URL',
    )
  }
  const key = await readPublicKey(publicKey, input)
  const credentials = [{ credential_type: 'public_key' as const, ...key }]
  return { client_authentication_methods: { private_key_jwt: { credentials } } }
}

/** For the client `id`; a key that is given in a file becomes its credential first. */
export async function changedAuthentication(
  { clientCredentials }: Connection,
  id: string,
  { authMethod, publicKey, jwksUri, credential = [] }: AuthMethodOptions,
  input: Input,
) {
  if (authMethod !== 'private_key_jwt') {
    const method = secretMethod(authMethod, publicKey ?? jwksUri ?? credential[0])
    return method ? { ...method, client_authentication_methods: null } : {}
  }
  if (jwksUri !== undefined) return { token_endpoint_auth_method: null, ...publishedAt(jwksUri) }
  if (publicKey === undefined && credential.length === 0) {
    throw keyMissing(
      'Give --public-key FILE or --jwks-uri URL, or --credential with an id of: tallystick clients credentials list',
    )
  }
  const key: PublicKey | undefined =
    publicKey === undefined ? undefined : await readPublicKey(publicKey, input)
  const added = key && (await clientCredentials.create(id, { credential_type: 'public_key', ...key }))
  const credentials = (added ? [added.id] : credential).map((one) => ({ id: one }))
  return {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials } },
  }
}

function publishedAt(uri: string) {
  return { client_authentication_methods: { private_key_jwt: { jwks_uri: uri } } }
}

function secretMethod(authMethod: Exclude<AuthMethodOptions['authMethod'], 'private_key_jwt'>, key?: string) {
  if (key !== undefined) {
    throw new Failure('usage', {
      what: 'A key is of no use to this client.',
      why: 'Only a client of --auth-method private_key_jwt proves itself with one.',
      todo: 'Add --auth-method private_key_jwt, or leave the key out.',
    })
  }
  return authMethod === undefined ? undefined : { token_endpoint_auth_method: authMethod }
}

function keyMissing(todo: string): Failure {
  return new Failure('usage', {
    what: 'The client has no key to prove itself with.',
    why: '--auth-method private_key_jwt needs one.',
    todo,
  })
}
