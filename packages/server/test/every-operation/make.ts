/**
 * One of everything that a path or a body can name, made anew in a tenant each time, so that a test may delete what it
 * likes. And the same of nothing: ids of the right form that were never given.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { managementScopes } from '@tallystick/management-api/contract'
import { newLogEntryId } from '../../src/logs/log-entry-id.ts'
import type { TestTenant } from '../two-tenants.ts'

export type Make = ReturnType<typeof makeIn>

export function makeIn(tenant: TestTenant) {
  const { connection } = tenant
  /** For what the connection has no function for. */
  async function send(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await tenant.fetch(`/api/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await tenant.token(managementScopes)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

  const audience = async () => {
    const identifier = `https://api.example.com/${randomUUID()}/`
    await connection.resourceServers.create({ identifier, scopes: [{ value: 'read' }] })
    return identifier
  }
  const client = async () => (await connection.clients.create({ name: 'one' })).client_id

  return {
    audience,
    client,
    send,
    credential: async (clientId: string) =>
      String((await send('POST', `/clients/${clientId}/credentials`, newCredential())).id),
    /** Beside the one that it was made with. */
    secret: async (clientId: string) => (await connection.clientSecrets.create(clientId)).id,
    api: async () => (await connection.resourceServers.create({ identifier: `urn:${randomUUID()}` })).id,
    grant: async () => {
      const grant = { client_id: await client(), audience: await audience(), scope: ['read'] }
      return (await connection.clientGrants.create(grant)).id
    },
    rule: async () => {
      const { id, version } = await connection.rules.create({ name: randomUUID(), code: '1' })
      return { id, versionId: version.id }
    },
    /** With one secret, whose name is KEY. */
    hook: async () => {
      const { id } = await connection.hooks.create(newHook())
      await connection.hookSecrets.add(id, { KEY: 'value' })
      return id
    },
    logStream: async () => String((await send('POST', '/log-streams', newLogStream())).id),
    trustedIssuer: async () => (await connection.trustedIssuers.create(newTrustedIssuer(await client()))).id,
    /** Deployed. */
    action: async () => {
      const { id, deployed_version } = await connection.actions.create({ ...newAction(), deploy: true })
      return { id, versionId: String(deployed_version?.id) }
    },
    trigger: async () => 'credentials-exchange',
    /** Of an exchange that an Action ended; other rules would end it before. */
    execution: async () => {
      for (const { id } of await connection.rules.list()) await connection.rules.delete(id)
      const { id } = await connection.actions.create({ ...newAction(), deploy: true })
      const bindings = [{ ref: { type: 'action_id' as const, value: id } }]
      await connection.actionBindings.update('credentials-exchange', { bindings })
      const made = await connection.clients.create({ name: 'one' })
      const request = {
        grant_type: 'client_credentials',
        client_id: made.client_id,
        client_secret: made.client_secret,
        audience: await audience(),
      }
      const grant = { client_id: made.client_id, audience: request.audience, scope: [] }
      await connection.clientGrants.create(grant)
      const response = await tenant.fetch('/oauth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      })
      await connection.actionBindings.update('credentials-exchange', { bindings: [] })
      return String(response.headers.get('x-request-id'))
    },
    logEntry: async () => {
      await client()
      const { logs } = await connection.logs.list({ per_page: 1 })
      return String(logs[0]?.log_id)
    },
    /** One that was current until now. */
    previousKey: async () => {
      await send('POST', '/keys/signing/rotate?alg=RS256')
      const keys = Object.values(await send('GET', '/keys/signing'))
      return String(keys.map(Object).find((key) => key.previous)?.kid)
    },
    tenant: async () => {
      const name = `t-${randomUUID()}`
      await send('POST', '/tenants', newTenant(name))
      return name
    },
  }
}

export function newTenant(name: string) {
  return { name, origin: `http://${name}.example.com` }
}

export function newLogStream() {
  return { name: randomUUID(), type: 'http', sink: { httpEndpoint: 'https://logs.example.com/' } }
}

export function newAction() {
  const supported_triggers = [{ id: 'credentials-exchange' as const }]
  return { name: randomUUID(), code: '1', supported_triggers }
}

export function newTrustedIssuer(clientId: string) {
  return {
    name: 'builds',
    issuer: `https://issuer.example.com/${randomUUID()}`,
    matches: [{ client_id: clientId, sub: 'repo:acme/app:*' }],
  }
}

export function newHook() {
  return { name: randomUUID(), script: '1', triggerId: 'credentials-exchange' as const }
}

export function newCredential() {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    credential_type: 'public_key',
    pem: publicKey.export({ type: 'spki', format: 'pem' }),
    alg: 'ES256',
  }
}

const sixteen = 'A'.repeat(16)

/** Ids that nobody was ever given. */
export const nothing: Make = {
  audience: async () => 'urn:nothing',
  client: async () => 'A'.repeat(32),
  send: async () => ({}),
  credential: async () => `cred_${sixteen}`,
  secret: async () => `sec_${sixteen}`,
  api: async () => 'f'.repeat(24),
  grant: async () => `cgr_${sixteen}`,
  rule: async () => ({ id: `rul_${sixteen}`, versionId: `ver_${sixteen}` }),
  hook: async () => `rul_${sixteen}`,
  action: async () => ({ id: `rul_${sixteen}`, versionId: `ver_${sixteen}` }),
  trigger: async () => 'post-login',
  execution: async () => newLogEntryId(),
  logStream: async () => `lst_${sixteen}`,
  trustedIssuer: async () => `tri_${sixteen}`,
  logEntry: async () => newLogEntryId(),
  previousKey: async () => 'A'.repeat(43),
  tenant: async () => 'nothing',
}
