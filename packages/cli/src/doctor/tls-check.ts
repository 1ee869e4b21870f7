/** Whether the certificate that the server shows will do, and for how long. */
import { connect, type PeerCertificate } from 'node:tls'
import type { Finding } from './finding.ts'

const handshakeTimeoutMs = 10_000
const dayMs = 86_400_000
/** Time enough to get a new one. A self-signed server makes its own 30 days before the end. */
const minDaysLeft = 14

/** Nothing to find where the origin is plain HTTP. Who gets here has reached the server, so trusts what it shows. */
export async function checkCertificate(origin: string, now: Date): Promise<Finding[]> {
  const url = new URL(origin)
  if (url.protocol !== 'https:') return []
  const check = 'certificate'
  const certificate = await certificateOf(url).catch((error: unknown) => String(error))
  if (typeof certificate === 'string') {
    const todo = 'Run it again: the server was reached a moment ago.'
    return [{ check, state: 'failed', found: `it could not be seen: ${certificate}`, todo }]
  }
  const end = new Date(certificate.valid_to)
  const daysLeft = Math.floor((end.getTime() - now.getTime()) / dayMs)
  const found = `valid until ${end.toISOString().slice(0, 10)}, issued by ${nameOf(certificate.issuer)}`
  if (daysLeft >= minDaysLeft) return [{ check, state: 'ok', found }]
  const todo =
    'Replace the files of TALLYSTICK_TLS_CERT and TALLYSTICK_TLS_KEY, or what terminates TLS in front.'
  return [{ check, state: 'failed', found: `${found}: ${daysLeft} days from now`, todo }]
}

function certificateOf({ hostname, port }: URL): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    // An address is no server name (RFC 6066 §3).
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
    const socket = connect({ host, port: Number(port || 443), ...servername }, () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
    socket.setTimeout(handshakeTimeoutMs, () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
  })
}

function nameOf({ CN, O }: PeerCertificate['issuer']): string {
  return [CN ?? O ?? 'nobody'].flat().join(', ')
}
