/** How a client authenticates, as options of `tallystick clients create` and `update`. */
import type { Connection } from '@tallystick/management-api/connect'
import type { ClientCredentialToCreate } from '@tallystick/management-api/contract/client-credentials'
import { type Command, Option } from 'commander'
import { Failure } from '../failure.ts'
import {
  addCertificateOptions,
  type CertificateOptions,
  certificateCredential,
  certificateOptionNames,
} from './client-certificate.ts'
import { collect } from './option-values.ts'
import { readPublicKey } from './public-key-file.ts'

const otherMethods = ['client_secret_post', 'client_secret_basic', 'federated_jwt', 'none'] as const
const credentialMethods = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'] as const
type CredentialMethod = (typeof credentialMethods)[number]

export interface AuthMethodOptions extends CertificateOptions {
  readonly authMethod?: (typeof otherMethods)[number] | CredentialMethod
  readonly publicKey?: string
  readonly credential?: readonly string[]
  readonly jwksUri?: string
}

export function addAuthMethodOptions(command: Command): Command {
  const method = new Option('--auth-method <method>', 'how it authenticates')
  command
    .addOption(method.choices([...otherMethods, ...credentialMethods]))
    .addOption(
      new Option(
        '--public-key <file>',
        'with private_key_jwt: its public key; - reads standard input',
      ).conflicts(['jwksUri', ...certificateOptionNames]),
    )
    .addOption(
      new Option('--jwks-uri <url>', 'with private_key_jwt: where it publishes its public keys').conflicts([
        ...certificateOptionNames,
      ]),
    )
  return addCertificateOptions(command)
}

export function addCredentialOption(command: Command): Command {
  return command.addOption(
    new Option('--credential <id>', 'with a key or certificate: one that it has; up to two')
      .argParser(collect)
      .conflicts(['publicKey', 'jwksUri', ...certificateOptionNames]),
  )
}

type Input = Parameters<typeof readPublicKey>[1]

/** For a client that is to be made. */
export async function authenticationToCreate(options: AuthMethodOptions, input: Input) {
  const method = credentialMethodOf(options)
  if (method === undefined) return { ...otherMethod(options) }
  if (options.jwksUri !== undefined) return publishedAt(options.jwksUri)
  const credential = await credentialIn(options, input)
  if (!credential) throw proofMissing(method, '')
  return { client_authentication_methods: namedUnder(method, [credential]) }
}

/** For the client `id`; what is given in a file becomes its credential first. */
export async function changedAuthentication(
  { clientCredentials }: Connection,
  id: string,
  options: AuthMethodOptions,
  input: Input,
) {
  const method = credentialMethodOf(options)
  if (method === undefined) {
    const other = otherMethod(options)
    return other ? { ...other, client_authentication_methods: null } : {}
  }
  if (options.jwksUri !== undefined) {
    return { token_endpoint_auth_method: null, ...publishedAt(options.jwksUri) }
  }
  const credential = await credentialIn(options, input)
  if (!credential && options.credential === undefined) {
    throw proofMissing(method, ', or --credential with an id of: tallystick clients credentials list')
  }
  const added = credential && (await clientCredentials.create(id, credential))
  const ids = added ? [added.id] : (options.credential ?? [])
  return {
    token_endpoint_auth_method: null,
    client_authentication_methods: namedUnder(
      method,
      ids.map((one) => ({ id: one })),
    ),
  }
}

/** @throws Failure when what is given proves clients of another method. */
function credentialMethodOf(options: AuthMethodOptions): CredentialMethod | undefined {
  const method = credentialMethods.find((each) => each === options.authMethod)
  const { publicKey, jwksUri, certificate, subjectDn, sanUri, sanDns, ca } = options
  const proofs: { readonly [Method in CredentialMethod]: string | undefined } = {
    private_key_jwt: publicKey ?? jwksUri,
    self_signed_tls_client_auth: certificate,
    tls_client_auth: subjectDn ?? sanUri ?? sanDns ?? ca?.[0],
  }
  const wanted = credentialMethods.find((each) => each !== method && proofs[each] !== undefined)
  if (wanted === undefined) return method
  throw new Failure('usage', {
    what: 'The option does not fit the way in which the client authenticates.',
    why: `It is for a client of --auth-method ${wanted}.`,
    todo: `Give --auth-method ${wanted}, or leave the other option out.`,
  })
}

async function credentialIn(
  options: AuthMethodOptions,
  input: Input,
): Promise<ClientCredentialToCreate | undefined> {
  const { publicKey } = options
  if (publicKey === undefined) return certificateCredential(options, input)
  return { credential_type: 'public_key', ...(await readPublicKey(publicKey, input)) }
}

function namedUnder<Credential>(method: CredentialMethod, credentials: Credential[]) {
  const named = { credentials }
  return {
    private_key_jwt: { private_key_jwt: named },
    tls_client_auth: { tls_client_auth: named },
    self_signed_tls_client_auth: { self_signed_tls_client_auth: named },
  }[method]
}

function publishedAt(uri: string) {
  return { client_authentication_methods: { private_key_jwt: { jwks_uri: uri } } }
}

function otherMethod({ authMethod, credential }: AuthMethodOptions) {
  if (credential !== undefined) {
    throw new Failure('usage', {
      what: 'This client does not use credentials.',
      why: 'Only a client that authenticates with a key or a certificate does.',
      todo: `Add --auth-method ${credentialMethods.join(' or ')}, or leave the credential out.`,
    })
  }
  const method = otherMethods.find((each) => each === authMethod)
  return method === undefined ? undefined : { token_endpoint_auth_method: method }
}

const toGive: { readonly [Method in CredentialMethod]: string } = {
  private_key_jwt: 'Give --public-key FILE or --jwks-uri URL',
  tls_client_auth: 'Give --subject-dn NAME, --san-uri URI or --san-dns HOST, and --ca FILE',
  self_signed_tls_client_auth: 'Give --certificate FILE',
}

function proofMissing(method: CredentialMethod, orElse: string): Failure {
  return new Failure('usage', {
    what: 'The client has nothing to authenticate with.',
    why: `--auth-method ${method} needs it.`,
    todo: `${toGive[method]}${orElse}.`,
  })
}
