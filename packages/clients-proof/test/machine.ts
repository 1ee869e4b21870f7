/** An API, a client that may use it, and the management API beside them: what the proofs begin with. */
import { requestToken, type TokenAnswer } from '../../server/test/test-server.ts'
import type { TlsServer } from '../../server/test/tls-server.ts'

export const audience = 'https://invoices.example.com/'

export interface Machine {
  readonly id: string
  readonly secret: string
}

export interface Operator {
  readonly client_id: string
  readonly client_secret: string
  readonly audience: string
}

/** Calls the management API with a token of its own each time. @throws Error with the answer when it is refused. */
export type CallManagement = (method: string, path: string, body?: unknown) => Promise<unknown>

export function callManagementOf(
  origin: string,
  { client_id, client_secret, audience: managementAudience }: Operator,
): CallManagement {
  return async function call(method, path, body) {
    const credentials = { client_id, client_secret, audience: managementAudience }
    const { body: answer } = await requestToken(origin, credentials)
    const response = await fetch(`${origin}/api/v2/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${String(answer.access_token)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}

/** The API has the scopes read, write and delete; the client is granted the first two. */
export async function createMachine(call: CallManagement): Promise<Machine> {
  const scopes = ['read', 'write', 'delete'].map((value) => ({ value }))
  await call('POST', 'resource-servers', { identifier: audience, name: 'Invoices', scopes })
  const client = await call('POST', 'clients', {
    name: 'billing',
    grant_types: ['client_credentials'],
    client_metadata: { plan: 'gold' },
  })
  const machine = { id: textMember(client, 'client_id'), secret: textMember(client, 'client_secret') }
  await call('POST', 'client-grants', { client_id: machine.id, audience, scope: ['read', 'write'] })
  return machine
}

export function tokenFor(server: TlsServer, { id, secret }: Machine): Promise<TokenAnswer> {
  return requestToken(server.origin, { client_id: id, client_secret: secret, audience })
}

export function member(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name)
}

export function textMember(value: unknown, name: string): string {
  const found = member(value, name)
  if (typeof found === 'string') return found
  throw new Error(`There is no text ${name} in ${JSON.stringify(value)}.`)
}

/** The claims of a token that a program printed. */
export function claimsIn(result: unknown, name = 'token'): unknown {
  const payload = textMember(result, name).split('.')[1] ?? ''
  return JSON.parse(Buffer.from(payload, 'base64url').toString())
}
