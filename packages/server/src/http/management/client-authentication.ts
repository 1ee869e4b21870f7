/**
 * How a client is to authenticate: `token_endpoint_auth_method` and `client_authentication_methods` together, of which
 * one always leaves the word to the other. A body that leaves it open is refused: who guesses may lock a client out.
 */
import type { ClientChange, ClientToCreate } from '@tallystick/management-api/contract/clients'
import type { Client } from '../../domain/client.ts'
import type { ClientCredential } from '../../domain/client-credential.ts'
import { invalidBody } from './invalid-body.ts'

export type Authentication = Pick<Client, 'tokenEndpointAuthMethod' | 'activeCredentialIds' | 'jwksUri'>

const keyMember = 'client_authentication_methods'
const methodMember = 'token_endpoint_auth_method'

/** @throws ManagementError `invalid_body` */
export function authenticationToCreate(
  body: Pick<ClientToCreate, typeof keyMember | typeof methodMember>,
  credentials: readonly ClientCredential[],
): Authentication {
  const method = body[methodMember]
  const keys = body[keyMember]
  if (keys) {
    if (typeof method === 'string') throw bothGiven()
    return byKeys(keys.private_key_jwt, () => credentials)
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
  const usesKeys = stored.tokenEndpointAuthMethod === 'private_key_jwt'
  if (keys) {
    if (typeof method === 'string') throw bothGiven()
    if (method === undefined && !usesKeys) {
      throw invalidBody(
        keyMember,
        `Send ${methodMember}: null with it; the client authenticates with its secret now`,
      )
    }
    return byKeys(keys.private_key_jwt, (named) => named.map(({ id }) => required(credentials, id)))
  }
  if (typeof method === 'string') {
    if (usesKeys && keys === undefined) {
      throw invalidBody(
        methodMember,
        `Send ${keyMember}: null with it; the client authenticates with its keys now`,
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

/** Keys are kept here or published there, and never both: of one kid in two places nobody could say which counts. */
function byKeys<Named>(
  { credentials, jwks_uri: uri }: Keys<Named>,
  find: (named: readonly Named[]) => readonly ClientCredential[],
): Authentication {
  if ((credentials === undefined) === (uri === undefined)) {
    throw invalidBody(`${keyMember}.private_key_jwt`, 'Send credentials or a jwks_uri, and one of them alone')
  }
  const ids = find(credentials ?? []).map(({ id }) => id)
  return {
    tokenEndpointAuthMethod: 'private_key_jwt',
    activeCredentialIds: [...new Set(ids)],
    jwksUri: uri,
  }
}

function required(credentials: readonly ClientCredential[], id: string): ClientCredential {
  const found = credentials.find((credential) => credential.id === id)
  if (!found)
    throw invalidBody(`${keyMember}.private_key_jwt.credentials`, 'The client has no such credential')
  return found
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
