/** What the listener asks of clients, and what it takes, in real handshakes. */
import { once } from 'node:events'
import { type ConnectionOptions, connect, TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { certificateFor } from '../../test/certificates.ts'
import { SecretText } from '../keys/secret/secret-text.ts'
import { createTlsListener } from './tls-listener.ts'

const own = await certificateFor('CN=localhost')
const shown = { cert: own.pem, key: own.key }

async function startListener(asksForCertificates: boolean) {
  const pair = { certificate: own.pem, key: new SecretText(own.key) }
  const { serverFactory } = createTlsListener(pair, { asksForCertificates })
  const server = serverFactory(() => undefined, {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const knock = (options: ConnectionOptions = {}) =>
    connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...shown, ...options })
  return { server, knock }
}

for (const asksForCertificates of [true, false]) {
  test(`a client that has a certificate ${asksForCertificates ? 'shows it where it is asked' : 'does not show it unasked'}`, async () => {
    const { server, knock } = await startListener(asksForCertificates)
    const accepted = once(server, 'secureConnection')
    const client = knock()
    const [socket] = await accepted
    if (!(socket instanceof TLSSocket)) throw new TypeError('This is no TLS.')
    expect(socket.getPeerX509Certificate()?.raw.equals(own.der)).toBe(asksForCertificates || undefined)
    client.destroy()
    server.close()
  })
}

test('a connection proves itself once: it is neither renegotiated nor resumed', async () => {
  const { server, knock } = await startListener(true)
  const first = knock({ maxVersion: 'TLSv1.2' })
  await once(first, 'secureConnect')
  const session = first.getSession()
  const again = await new Promise((resolve) => {
    first.once('error', resolve)
    first.renegotiate({}, resolve)
  })
  expect(again).toBeInstanceOf(Error)
  const second = knock({ maxVersion: 'TLSv1.2', ...(session && { session }) })
  await once(second, 'secureConnect')
  expect(second.isSessionReused()).toBe(false)
  for (const client of [first, second]) client.destroy()
  server.close()
})

const suites = ['ECDHE-ECDSA-AES256-SHA', 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305']
test.each(suites)('a client of TLS 1.2 that knows nothing but %s is not served', async (ciphers) => {
  const { server, knock } = await startListener(true)
  await expect(once(knock({ maxVersion: 'TLSv1.2', ciphers }), 'secureConnect')).rejects.toThrow()
  const client = knock({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:ECDHE-ECDSA-AES128-GCM-SHA256` })
  await once(client, 'secureConnect')
  expect(client.getCipher().name).toBe('ECDHE-ECDSA-AES128-GCM-SHA256')
  client.destroy()
  server.close()
})
