import type { ClientCredentialChange, ClientCredentialToCreate } from '../contract/client-credentials.ts'
import type { ClientSecretChange, ClientSecretToCreate, SecretRotation } from '../contract/client-secrets.ts'
import type { ClientChange, ClientsQuery, ClientToCreate } from '../contract/clients.ts'
import type { Call } from './call.ts'
import { pageOf } from './page.ts'

export function clientCalls(call: Call) {
  return {
    list: async (query: Omit<ClientsQuery, 'include_totals'> = {}) =>
      pageOf(await call('GET', '/clients', { query: { ...query, include_totals: true } })),
    /** Besides `rotateSecret`, the only answer that shows the secret, if the client has one. */
    create: (body: ClientToCreate) => call('POST', '/clients', { body }),
    get: (id: string) => call('GET', '/clients/:id', { params: { id } }),
    update: (id: string, body: ClientChange) => call('PATCH', '/clients/:id', { params: { id }, body }),
    delete: (id: string) => call('DELETE', '/clients/:id', { params: { id } }),
    /** Ends the old secret at once, or after `overlap_seconds`. */
    rotateSecret: (id: string, body: SecretRotation = {}) =>
      call('POST', '/clients/:id/rotate-secret', { params: { id }, body }),
  }
}

/** Secrets of the client `id`, of which two are live at most. */
export function clientSecretCalls(call: Call) {
  const path = '/clients/:id/secrets/:secretId'
  return {
    list: (id: string) => call('GET', '/clients/:id/secrets', { params: { id } }),
    /** The only answer that shows it. */
    create: (id: string, body: ClientSecretToCreate = {}) =>
      call('POST', '/clients/:id/secrets', { params: { id }, body }),
    get: (id: string, secretId: string) => call('GET', path, { params: { id, secretId } }),
    update: (id: string, secretId: string, body: ClientSecretChange) =>
      call('PATCH', path, { params: { id, secretId }, body }),
    /** Ends it at once. */
    delete: (id: string, secretId: string) => call('DELETE', path, { params: { id, secretId } }),
  }
}

/** Public keys of the client `id`; they count once its `client_authentication_methods` name them. */
export function clientCredentialCalls(call: Call) {
  const path = '/clients/:id/credentials/:credentialId'
  return {
    list: (id: string) => call('GET', '/clients/:id/credentials', { params: { id } }),
    create: (id: string, body: ClientCredentialToCreate) =>
      call('POST', '/clients/:id/credentials', { params: { id }, body }),
    get: (id: string, credentialId: string) => call('GET', path, { params: { id, credentialId } }),
    update: (id: string, credentialId: string, body: ClientCredentialChange) =>
      call('PATCH', path, { params: { id, credentialId }, body }),
    delete: (id: string, credentialId: string) => call('DELETE', path, { params: { id, credentialId } }),
  }
}
