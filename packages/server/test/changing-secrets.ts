/** Clients whose secrets change, in a world whose clock the test turns. */
import { managementScopes } from '@tallystick/management-api/contract'
import { startTwoTenants } from './two-tenants.ts'

const audience = 'https://invoices.example.com/'

export async function startChangingSecrets() {
  let present = new Date('2030-01-01T00:00:00.000Z')
  const world = await startTwoTenants({ now: () => present })
  await world.mine.connection.resourceServers.create({ identifier: audience, scopes: [{ value: 'read' }] })

  /** Connections of the world hold a token of an hour; this one has always a fresh one. */
  const mine = () => world.mine.connectionWith(managementScopes)

  async function newClient() {
    const { clients, clientGrants } = await mine()
    const { client_id: id, client_secret } = await clients.create({ name: 'changing' })
    await clientGrants.create({ client_id: id, audience, scope: ['read'] })
    return { id, secret: String(client_secret) }
  }

  async function answerTo(id: string, secret: string) {
    const response = await world.mine.fetch('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: secret,
        audience,
      }),
    })
    const body: Record<string, unknown> = Object(await response.json())
    return { status: response.status, body, logId: String(response.headers.get('x-request-id')) }
  }

  return {
    world,
    mine,
    newClient,
    answerTo,
    statusOf: async (id: string, secret: string) => (await answerTo(id, secret)).status,
    later(seconds: number): void {
      present = new Date(present.getTime() + seconds * 1000)
    },
    /** So many seconds from now. */
    moment: (seconds: number) => new Date(present.getTime() + seconds * 1000).toISOString(),
  }
}
