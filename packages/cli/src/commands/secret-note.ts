/** What a person should know about a secret before deciding whether it can go. */
import type { ClientSecret } from '@tallystick/management-api/contract/client-secrets'

const dayMs = 86_400_000

export function noteOf(secret: ClientSecret, all: readonly ClientSecret[], now: Date): string {
  if (secret.expires_at !== undefined && Date.parse(secret.expires_at) <= now.getTime()) return 'expired'
  const successor = all.find((newer) => newer.created_at > secret.created_at && hasTakenOver(newer, secret))
  if (successor) return `can go: ${successor.id} is in use instead`
  return secret.last_used_at === undefined ? 'never used' : ''
}

/**
 * The newer one is in use, and the older one has not been used since, or not for a day in which the newer one was.
 */
function hasTakenOver(newer: ClientSecret, { last_used_at }: ClientSecret): boolean {
  if (newer.first_used_at === undefined || newer.last_used_at === undefined) return false
  if (last_used_at === undefined || last_used_at < newer.first_used_at) return true
  return Date.parse(newer.last_used_at) - Date.parse(last_used_at) > dayMs
}
