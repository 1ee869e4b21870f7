/** A server with the tenant `acme` beside the default one: reached by its Host, and with objects of the same names in it. */
import type { CreatedTenant } from '@tallystick/management-api/contract/tenants'
import { askByHost, type HostAnswer, type HostRequest } from './ask-by-host.ts'
import { invoices, startTestServer } from './test-server.ts'

export const host = 'acme.example.com'

export type AcmeServer = Awaited<ReturnType<typeof startWithAcme>>

/** `acme` has the API `invoices` with the scope `read`, and a client `billing` that is granted it. */
export async function startWithAcme() {
  const server = await startTestServer()
  const acme = await server.management.tenants.create({
    name: 'acme',
    origin: `https://${host}`,
    profile: 'auth0',
  })

  function ask(name: string, path: string, init?: HostRequest): Promise<HostAnswer> {
    return askByHost(server.url, name, path, init)
  }

  function requestTokenAt(name: string, fields: Record<string, unknown>): Promise<HostAnswer> {
    return ask(name, '/oauth/token', {
      method: 'POST',
      json: { grant_type: 'client_credentials', ...fields },
    })
  }

  /** Of the management API. */
  async function tokenOf({
    origin,
    management,
  }: Pick<CreatedTenant, 'origin' | 'management'>): Promise<string> {
    return textOf(await requestTokenAt(new URL(origin).host, { ...management }), 'access_token')
  }

  const tokens = { acme: await tokenOf(acme), mine: await tokenOf(server.bootstrap) }

  function make(path: string, json: unknown): Promise<HostAnswer> {
    return ask(host, `/api/v2${path}`, { method: 'POST', token: tokens.acme, json })
  }

  await make('/resource-servers', { identifier: invoices, scopes: [{ value: 'read' }] })
  const made = await make('/clients', { name: 'billing' })
  const client = { client_id: textOf(made, 'client_id'), client_secret: textOf(made, 'client_secret') }
  await make('/client-grants', { client_id: client.client_id, audience: invoices, scope: ['read'] })
  return { server, acme, client, tokens, ask, requestTokenAt, tokenOf }
}

function textOf({ status, body }: HostAnswer, member: string): string {
  const text = body[member]
  if (typeof text === 'string') return text
  throw new Error(`There is no ${member} in the answer ${status}: ${JSON.stringify(body)}`)
}
