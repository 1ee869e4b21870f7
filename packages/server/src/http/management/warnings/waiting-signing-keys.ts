/** Signing keys that cannot be turned, or have not been when they were due. */
import type { Warning } from '@tallystick/management-api/contract/warnings'
import type { SigningKey, SigningKeyStore } from '../../../domain/signing-key.ts'
import type { Tenant } from '../../../domain/tenant.ts'

export interface SigningKeysDeps {
  readonly signingKeys: Pick<SigningKeyStore, 'list'>
}

const dayMs = 86_400_000
/** A rotation that is due is tried every minute, and a server may have been stopped for a while. */
const graceMs = dayMs

export async function signingKeyWarnings(
  { signingKeys }: SigningKeysDeps,
  { id, security }: Tenant,
  now: Date,
): Promise<Warning[]> {
  const keys = await signingKeys.list(id)
  return keys
    .filter(({ state }) => state === 'current')
    .flatMap((key) => {
      const overdue = overdueSince(key, security.signingKeyRotationDays, now)
      const hasNext = keys.some(({ state, algorithm }) => state === 'next' && algorithm === key.algorithm)
      return [...(hasNext ? [] : [withoutNext(key)]), ...(overdue ? [notTurned(key, overdue)] : [])]
    })
}

function overdueSince({ currentSince }: SigningKey, days: number | undefined, now: Date): Date | undefined {
  if (days === undefined || currentSince === undefined) return undefined
  const due = new Date(currentSince.getTime() + days * dayMs)
  return now.getTime() - due.getTime() > graceMs ? due : undefined
}

function withoutNext({ algorithm, id }: SigningKey): Warning {
  return {
    type: 'next_signing_key_missing',
    description: `There is no next signing key for ${algorithm}: the key set shows none that could take the place of ${id} at once.`,
    alg: algorithm,
  }
}

function notTurned({ algorithm, id }: SigningKey, due: Date): Warning {
  return {
    type: 'rotation_overdue',
    description: `The ${algorithm} signing key ${id} should have turned at ${due.toISOString()}, and did not; standard error of the server says why.`,
    alg: algorithm,
    since: due.toISOString(),
  }
}
