/** What the doctor asks the server, signed in or not. */
import { Failure } from '../failure.ts'
import type { Fetch } from '../http.ts'
import { parseJsonObject, textMember } from '../json-object.ts'
import type { Finding } from './finding.ts'

export async function checkHealth(
  fetch: Fetch,
  origin: string,
): Promise<{ finding: Finding; response?: Response }> {
  const check = 'server'
  try {
    const response = await fetch(`${origin}/healthz`)
    await response.arrayBuffer()
    if (response.ok) return { finding: { check, state: 'ok', found: `${origin} answers` }, response }
    const found = `${origin}/healthz answers ${response.status}`
    return { finding: { check, state: 'failed', found, todo: 'Is this the origin of a Tallystick server?' } }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { what, why, todo } = error.text
    return { finding: { check, state: 'failed', found: `${what} ${why}`, todo } }
  }
}

/** Tokens are refused by APIs whose clock is behind; `Date` tells whole seconds only. */
const maxClockDifferenceSeconds = 5

export function checkClock(response: Response, now: Date): Finding {
  const check = 'clock'
  const serverTime = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(serverTime)) return { check, state: 'skipped', found: 'the server tells no time' }
  const difference = Math.round((now.getTime() - serverTime) / 1000)
  const found = `${Math.abs(difference)} s ${difference < 0 ? 'behind' : 'ahead of'} the server`
  return Math.abs(difference) <= maxClockDifferenceSeconds
    ? { check, state: 'ok', found }
    : { check, state: 'failed', found, todo: 'Let both machines keep time by NTP.' }
}

export async function checkReadiness(fetch: Fetch, origin: string): Promise<Finding> {
  const check = 'readiness'
  const response = await fetch(`${origin}/readyz`)
  const body = await response.text()
  if (response.ok) return { check, state: 'ok', found: 'tokens can be issued' }
  const found = `status ${response.status} ${body.slice(0, 200)}`.trim()
  return { check, state: 'failed', found, todo: "Look into the server's own log for the cause." }
}

/** The issuer in tokens must be the origin that people use, or APIs refuse the tokens. */
export async function checkIssuer(fetch: Fetch, origin: string): Promise<Finding> {
  const check = 'issuer'
  const response = await fetch(`${origin}/.well-known/oauth-authorization-server`)
  const metadata = parseJsonObject(await response.text())
  const issuer = metadata && textMember(metadata, 'issuer')
  if (issuer === `${origin}/`) return { check, state: 'ok', found: issuer }
  return {
    check,
    state: 'failed',
    found: issuer ? `the server calls itself ${issuer}` : `no server metadata, status ${response.status}`,
    todo: `Set TALLYSTICK_PUBLIC_ORIGIN=${origin} on the server, or use the origin that it names.`,
  }
}
