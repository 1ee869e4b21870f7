/** Token requests to the letter, without a library that would mend what is wrong: of one client, through the real door. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { startTwoTenants } from './two-tenants.ts'

export interface RawRequest {
  readonly body?: string | Uint8Array
  readonly method?: string
  readonly path?: string
  /** Several of one name are sent one by one. */
  readonly headers?: Record<string, string | string[]>
}

export type RawTokenRequests = Awaited<ReturnType<typeof startRawTokenRequests>>

export const formType = 'application/x-www-form-urlencoded'
const audience = 'https://invoices.example.com/'

export async function startRawTokenRequests() {
  let now = Date.now()
  const world = await startTwoTenants({ now: () => new Date(now) })
  const { clients, clientGrants, resourceServers } = world.mine.connection
  await resourceServers.create({ identifier: audience, scopes: [{ value: 'read:x' }, { value: 'write:x' }] })
  const client = await clients.create({ name: 'strict' })
  const [id, secret] = [client.client_id, String(client.client_secret)]
  await clientGrants.create({ client_id: id, audience, scope: ['read:x', 'write:x'] })

  /** In a form, without who asks. */
  const withoutClient = `grant_type=client_credentials&audience=${encodeURIComponent(audience)}`
  const right = `grant_type=client_credentials&client_id=${id}&client_secret=${secret}&audience=${encodeURIComponent(audience)}`
  const json = JSON.stringify({
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
    audience,
  })

  /** Failures are counted for a minute; each request has one of its own. */
  async function send({ body = right, method = 'POST', path = '/oauth/token', headers = {} }: RawRequest) {
    now += 61_000
    const { origin } = world.mine.issuer
    const sent = httpRequest(new URL(path, origin), {
      method,
      headers: { 'content-type': formType, 'content-length': String(Buffer.byteLength(body)), ...headers },
    })
    sent.end(body)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    sent.once('response', resolve).once('error', reject)
    const response = await promise
    const answer: Record<string, unknown> = Object(JSON.parse((await text(response)) || '{}'))
    return { status: response.statusCode, headers: response.headers, answer }
  }

  async function expectRefusal(sent: RawRequest, status: number, error: string): Promise<void> {
    const refused = await send(sent)
    expect([refused.status, refused.answer.error]).toEqual([status, error])
    expect(refused.answer.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(refused.answer).not.toHaveProperty('access_token')
    expect(refused.headers['cache-control']).toBe('no-store')
    expect(refused.headers).not.toHaveProperty('server')
    expect(refused.headers).not.toHaveProperty('x-powered-by')
    expect(refused.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  }

  return { world, id, secret, right, withoutClient, json, send, expectRefusal }
}
