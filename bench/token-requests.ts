/** A machine client of the server under measurement, and the raw requests it sends. */
import { operatorConnection, readBootstrap } from '../packages/server/test/test-server.ts'
import { ruleSource } from './rule-under-load.ts'

export const algorithms = ['RS256', 'ES256'] as const
export type Algorithm = (typeof algorithms)[number]

/** Makes an API for each algorithm, a client that may use them, and the rule; through the management API, like anybody. */
export async function prepareTokenRequests(url: string, dataDir: string): Promise<Record<Algorithm, string>> {
  const management = await operatorConnection(url, readBootstrap(dataDir))
  const client = await management.clients.create({ name: 'measured' })
  await management.rules.create({ name: 'myrule', code: ruleSource, secrets: { SOME_SECRET: 'shhhh' } })
  const requestFor = async (algorithm: Algorithm) => {
    const audience = `https://${algorithm.toLowerCase()}.example.com/`
    await management.resourceServers.create({
      identifier: audience,
      name: algorithm,
      scopes: [{ value: 'test' }],
      signing_alg: algorithm,
    })
    await management.clientGrants.create({ client_id: client.client_id, audience, scope: ['test'] })
    const { client_id, client_secret } = client
    return rawRequest(url, { grant_type: 'client_credentials', client_id, client_secret, audience })
  }
  return { RS256: await requestFor('RS256'), ES256: await requestFor('ES256') }
}

function rawRequest(url: string, fields: Record<string, unknown>): string {
  const body = JSON.stringify(fields)
  return [
    'POST /oauth/token HTTP/1.1',
    `Host: ${new URL(url).host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

/** @throws Error when the answer is not the token that was asked for: the figures would be of something else. */
export function checkToken(body: string, algorithm: Algorithm): void {
  const { access_token } = JSON.parse(body)
  const [header, claims] = String(access_token)
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  const right =
    header.alg === algorithm && claims.scope === 'test extra' && claims['https://foo.com/claim'] === 'bar'
  if (!right) throw new Error(`This is no token of the measured rule: ${body}`)
}
