/**
 * How a client is to authenticate: `token_endpoint_auth_method` and `client_authentication_methods` together, exactly
 * one of which decides. A body that leaves it open is refused: a guess could lock the client out.
 */
import type { ClientChange, ClientToCreate } from '@tallystick/management-api/contract/clients'
import type { Client, TokenEndpointAuthMethod } from '../../../domain/client.ts'
import { type ClientCredential, certifiedNameTypes } from '../../../domain/client-credential.ts'
import { invalidBody } from '../operation/invalid-body.ts'

export type Authentication = Pick<Client, 'tokenEndpointAuthMethod' | 'activeCredentialIds' | 'jwksUri'>

/** Which credentials prove a client by each of them: RFC 7523, RFC 8705 §2.1 and §2.2. */
const typesOf = {
  private_key_jwt: ['public_key'],
  tls_client_auth: certifiedNameTypes,
  self_signed_tls_client_auth: ['x509_cert'],
} as const satisfies Partial<Record<TokenEndpointAuthMethod, readonly ClientCredential['type'][]>>

/** A method that proves the client with credentials. */
export type CredentialMethod = keyof typeof typesOf

export function isCredentialMethod(method: TokenEndpointAuthMethod): method is CredentialMethod {
  return Object.hasOwn(typesOf, method)
}

/** The one method that is named, and its value: the contract does not accept two. */
export function namedMethod<Keys>(
  methods: { readonly [Method in CredentialMethod]?: Keys },
): [CredentialMethod, Keys] | undefined {
  for (const method of credentialMethods) {
    const keys = methods[method]
    if (keys !== undefined) return [method, keys]
  }
  return undefined
}

const credentialMethods = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'] as const
const keyMember = 'client_authentication_methods'
const methodMember = 'token_endpoint_auth_method'

/** @throws ManagementError `invalid_body` */
export function authenticationToCreate(
  body: Pick<ClientToCreate, typeof keyMember | typeof methodMember>,
  credentials: readonly ClientCredential[],
): Authentication {
  const method = body[methodMember]
  const named = namedMethod(body[keyMember] ?? {})
  if (named) {
    if (typeof method === 'string') throw bothGiven()
    return byCredentials(named, () => credentials)
  }
  if (method === null) throw neitherGiven()
  return { ...withoutKeys, tokenEndpointAuthMethod: method ?? 'client_secret_post' }
}

/**
 * `credentials` are all that the client has.
 * @throws ManagementError `invalid_body`
 */
export function changedAuthentication(
  stored: Client,
  body: Pick<ClientChange, typeof keyMember | typeof methodMember>,
  credentials: readonly ClientCredential[],
): Authentication {
  const { [methodMember]: method, [keyMember]: keys } = body
  const usesKeys = isCredentialMethod(stored.tokenEndpointAuthMethod)
  const named = namedMethod(keys ?? {})
  if (named) {
    if (typeof method === 'string') throw bothGiven()
    if (method === undefined && !usesKeys) {
      throw invalidBody(
        keyMember,
        `Send ${methodMember}: null with it; the client authenticates with its secret now`,
      )
    }
    return byCredentials(named, (ids) => ids.map(({ id }) => required(named[0], credentials, id)))
  }
  if (typeof method === 'string') {
    if (usesKeys && keys === undefined) {
      throw invalidBody(
        methodMember,
        `Send ${keyMember}: null with it; the client authenticates with its credentials now`,
      )
    }
    return { ...withoutKeys, tokenEndpointAuthMethod: method }
  }
  if (usesKeys ? keys === null : method === null) throw neitherGiven()
  const { tokenEndpointAuthMethod, activeCredentialIds, jwksUri } = stored
  return { tokenEndpointAuthMethod, activeCredentialIds, jwksUri }
}

const withoutKeys = { activeCredentialIds: [], jwksUri: undefined }

interface Keys<Named> {
  readonly credentials?: readonly Named[]
  readonly jwks_uri?: string
}

/**
 * Keys are either kept here or published by the client, never both: with one kid in two places nobody could say which
 * key counts.
 * @throws ManagementError `invalid_body`, also for a credential that proves nothing by this method.
 */
function byCredentials<Named>(
  [method, { credentials, jwks_uri: uri }]: readonly [CredentialMethod, Keys<Named>],
  find: (named: readonly Named[]) => readonly ClientCredential[],
): Authentication {
  if ((credentials === undefined) === (uri === undefined)) {
    throw invalidBody(`${keyMember}.${method}`, 'Send credentials or a jwks_uri, and one of them alone')
  }
  const found = find(credentials ?? [])
  const types: readonly string[] = typesOf[method]
  const other = found.find(({ type }) => !types.includes(type))
  if (other) {
    throw invalidBody(
      `${keyMember}.${method}.credentials`,
      `A credential of the type ${other.type} proves nothing by ${method}; it takes ${types.join(', ')}`,
    )
  }
  const ids = found.map(({ id }) => id)
  return { tokenEndpointAuthMethod: method, activeCredentialIds: [...new Set(ids)], jwksUri: uri }
}

function required(
  method: CredentialMethod,
  credentials: readonly ClientCredential[],
  id: string,
): ClientCredential {
  const found = credentials.find((credential) => credential.id === id)
  if (found) return found
  throw invalidBody(`${keyMember}.${method}.credentials`, 'The client has no such credential')
}

function bothGiven() {
  return invalidBody(keyMember, `Send ${methodMember}: null with it, or leave it out`)
}

function neitherGiven() {
  return invalidBody(
    methodMember,
    `Without ${keyMember} it must be client_secret_post, client_secret_basic, federated_jwt or none`,
  )
}
