/** What ends soon in the tenant, or stands in its way already: each with the command that mends it. */
import { type Connection, ManagementApiError } from '@tallystick/management-api/connect'
import { type Warning, warningOperations } from '@tallystick/management-api/contract/warnings'
import type { Finding } from './finding.ts'

const check = 'what ends'

export async function checkWarnings(
  { warnings }: Pick<Connection, 'warnings'>,
  withinDays: number,
): Promise<Finding[]> {
  const found = await warnings.list({ within_days: withinDays }).catch(asNarrowGrant)
  if (found === undefined) {
    const scopes = warningOperations.listWarnings.scopes.join(', ')
    return [{ check, state: 'skipped', found: `the grant is too narrow; it takes ${scopes}` }]
  }
  if (found.length > 0) return found.map(findingOf)
  return [{ check, state: 'ok', found: `nothing of this tenant ends within ${withinDays} days` }]
}

/** Also of a server that is older and tells none. */
function asNarrowGrant(error: unknown): undefined {
  if (error instanceof ManagementApiError && error.code === 'insufficient_scope') return undefined
  throw error
}

function findingOf(warning: Warning): Finding {
  const { description: found, is_replaced } = warning
  if (is_replaced) return { check, state: 'ok', found: `${found}${lastUse(warning)}` }
  return { check, state: 'failed', found: `${found}${lastUse(warning)}`, todo: todoFor(warning) }
}

/** Whether programs have gone on to the next one. */
function lastUse({ credential_type, last_used_at }: Warning): string {
  if (credential_type !== 'client_secret') return ''
  return last_used_at === undefined ? ' It was never used.' : ` It was last used at ${last_used_at}.`
}

function todoFor(warning: Warning): string {
  switch (warning.type) {
    case 'proof_ends':
      return renewalOf(warning)
    case 'keys_unavailable':
      return warning.client_id === undefined
        ? `See whether the server reaches it: tallystick trust show ${warning.trusted_issuer_id ?? ''}`
        : `See whether the server reaches ${warning.jwks_uri ?? 'it'}, or give the client keys that are kept here.`
    case 'next_signing_key_missing':
    case 'rotation_overdue':
      return `Make one: tallystick keys rotate --alg ${warning.alg ?? ''}`
  }
}

function renewalOf({ client_id = '', credential_type, credential_id = '' }: Warning): string {
  if (credential_type === 'client_secret') {
    return `Give the client another one: tallystick clients rotate-secret ${client_id} --overlap 7d`
  }
  const create = `tallystick clients credentials create ${client_id}`
  const add = {
    public_key: `${create} next.pem`,
    x509_cert: `${create} --certificate next.pem`,
    cert_subject_dn: `${create} --subject-dn NAME --ca next-ca.pem`,
    cert_san_uri: `${create} --san-uri URI --ca next-ca.pem`,
    cert_san_dns: `${create} --san-dns HOST --ca next-ca.pem`,
  }
  const method = methodOf(credential_type)
  return `${add[credential_type ?? 'public_key']}, then name it beside the old one: tallystick clients update ${client_id} --auth-method ${method} --credential ${credential_id} --credential NEW_ID`
}

function methodOf(type: Exclude<Warning['credential_type'], 'client_secret'>): string {
  if (type === 'x509_cert') return 'self_signed_tls_client_auth'
  return type === 'public_key' ? 'private_key_jwt' : 'tls_client_auth'
}
