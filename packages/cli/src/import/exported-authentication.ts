/**
 * How an exported client proved itself, and how it can here. Keys are seldom in an export: such a client is made
 * without any means to get a token until its key is given, and not with a secret that nobody asked for.
 */
import type { Client } from '@tallystick/management-api/contract/clients'
import { isJsonObject, type JsonObject, objectMember, textMember } from '../json-object.ts'
import type { ExportedClient } from './exported.ts'

export interface ExportedAuthentication {
  readonly toCreate: JsonObject
  readonly toChange: (present: Client) => JsonObject
  readonly remark: string | undefined
}

export function authenticationOf({ members, name }: ExportedClient): ExportedAuthentication {
  const methods = objectMember(members, 'client_authentication_methods') ?? {}
  const method = textMember(members, 'token_endpoint_auth_method')
  if (Object.keys(methods).length === 0 && members.token_endpoint_auth_method !== null)
    return bySecret(method)
  const keys = keysIn(methods)
  if (keys.length > 0) {
    const privateKeyJwt = { private_key_jwt: { credentials: keys } }
    return {
      toCreate: { token_endpoint_auth_method: null, client_authentication_methods: privateKeyJwt },
      // Its keys have ids here, which the export does not know.
      toChange: () => ({}),
      remark: undefined,
    }
  }
  const usesCertificates = Object.keys(methods).some((one) => one !== 'private_key_jwt')
  return {
    toCreate: { token_endpoint_auth_method: 'none' },
    toChange: () => ({}),
    remark: usesCertificates
      ? 'it proves itself with a certificate (mutual TLS), which the export does not hold: it gets no tokens until you run ' +
        '`tallystick clients update CLIENT_ID --auth-method self_signed_tls_client_auth --certificate FILE`, or name it ' +
        'with `--auth-method tls_client_auth --subject-dn NAME --ca FILE`'
      : `the export does not hold its keys: it gets no tokens until you give the public key of ${name} with ` +
        '`tallystick clients update CLIENT_ID --auth-method private_key_jwt --public-key FILE`',
  }
}

function bySecret(method: string | undefined): ExportedAuthentication {
  const asked = method === undefined ? {} : { token_endpoint_auth_method: method }
  return {
    toCreate: asked,
    // One that has been given keys here is not sent back to its secret.
    toChange: (present) => (present.token_endpoint_auth_method === null ? {} : asked),
    remark: undefined,
  }
}

/** Written by hand, or by a tool that keeps the public half: an export of Auth0 itself has none. */
function keysIn(methods: JsonObject): JsonObject[] {
  const credentials = objectMember(methods, 'private_key_jwt')?.credentials
  if (!Array.isArray(credentials)) return []
  return credentials.filter(isJsonObject).flatMap((credential) => {
    const pem = textMember(credential, 'pem')
    if (pem === undefined) return []
    const [alg, label, kid] = ['alg', 'name', 'kid'].map((member) => textMember(credential, member))
    return [
      {
        credential_type: 'public_key',
        pem,
        ...(alg !== undefined && { alg }),
        ...(label !== undefined && { name: label }),
        ...(kid !== undefined && { kid }),
      },
    ]
  })
}
