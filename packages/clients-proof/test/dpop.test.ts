import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTlsServer, type TlsServer } from '../../server/test/tls-server.ts'
import { type CallManagement, callManagementOf, claimsIn, member, textMember } from './machine.ts'
import { runClient } from './run-client.ts'

let server: TlsServer
let call: CallManagement
beforeAll(async () => {
  server = await startTlsServer({
    settings: { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_STARTER: 'off' },
  })
  call = callManagementOf(server.origin, server.bootstrap.management)
})
afterAll(() => server.close())

test('each library, and the sample, call the management API with a token bound to their key, under nonces', async () => {
  const { audience } = server.bootstrap.management
  const made = await call('POST', 'clients', { name: 'reader', require_proof_of_possession: true })
  const id = textMember(made, 'client_id')
  await call('POST', 'client-grants', { client_id: id, audience, scope: ['read:clients'] })
  await call('PATCH', 'tenants/settings', { dpop_nonce_required: true })
  const result = await runClient('dpop', server, {
    AUTH0_CLIENT_ID: id,
    AUTH0_CLIENT_SECRET: textMember(made, 'client_secret'),
    AUTH0_AUDIENCE: audience,
  })
  for (const library of ['openid', 'oauth4webapi', 'sample']) {
    const told = member(result, library)
    expect([library, claimsIn(told), member(told, 'statuses')]).toMatchObject([
      library,
      { sub: `${id}@clients`, cnf: { jkt: expect.stringMatching(/^[\w-]{43}$/) } },
      [200, 200],
    ])
  }
  expect(result).toMatchObject({
    openid: { asBearer: { status: 401 }, byOtherKey: { status: 401 } },
    oauth4webapi: { first: { error: 'use_dpop_nonce', status: 400 } },
  })
})

test('the page shows the sample as it was run', async () => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
  expect(await read('../../../docs/dpop.md')).toContain(
    `\`\`\`js\n${await read('../samples/node/dpop-client.js')}\`\`\``,
  )
})
