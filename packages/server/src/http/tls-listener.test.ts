/** Whether the listener asks clients for certificates, in real handshakes. */
import { once } from 'node:events'
import { connect, TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { certificateFor } from '../../test/certificates.ts'
import { SecretText } from '../keys/secret-text.ts'
import { createTlsListener } from './tls-listener.ts'

const own = await certificateFor('CN=localhost')
const shown = { cert: own.pem, key: own.key }

for (const asksForCertificates of [true, false]) {
  test(`asked is ${asksForCertificates}: so is seen`, async () => {
    const pair = { certificate: own.pem, key: new SecretText(own.key) }
    const { serverFactory } = createTlsListener(pair, { asksForCertificates })
    const server = serverFactory(() => undefined, {})
    const accepted = once(server, 'secureConnection')
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...shown })
    const [socket] = await accepted
    if (!(socket instanceof TLSSocket)) throw new TypeError('This is no TLS.')
    expect(socket.getPeerX509Certificate()?.raw.equals(own.der)).toBe(asksForCertificates || undefined)
    client.destroy()
    server.close()
  })
}
