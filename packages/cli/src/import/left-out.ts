/** Why members of an export are left out: a protection that would be missed is told apart from what means nothing here. */
import type { FittingMembers } from './fit-members.ts'
import type { Remark } from './plan.ts'

const protections: Readonly<Record<string, string>> = {
  token_quota: 'nobody counts tokens here, so there is no quota',
  default_token_quota: 'nobody counts tokens here, so there is no quota',
  require_proof_of_possession:
    'tokens are not bound to a key of their client here: whoever has one can use it',
  proof_of_possession: 'tokens are not bound to a key of their client here: whoever has one can use it',
  token_encryption: 'tokens are signed and not encrypted here: whoever has one can read it',
  authorization_details: 'authorization details (RFC 9396) are not offered here',
  signed_request_object: 'requests of people are not answered here',
  require_pushed_authorization_requests: 'requests of people are not answered here',
}

export function leftOut(about: string, { unknown, refused }: Omit<FittingMembers, 'members'>): Remark[] {
  const remarks: Remark[] = []
  for (const name of [...refused, ...unknown]) {
    const words = protections[name]
    if (words) remarks.push({ kind: 'differs', about, text: `${name} is left out: ${words}.` })
  }
  const rest = (names: readonly string[]) => names.filter((name) => protections[name] === undefined)
  if (rest(unknown).length > 0)
    remarks.push({ kind: 'left_out', about, text: `not known here: ${rest(unknown).join(', ')}` })
  if (rest(refused).length > 0)
    remarks.push({
      kind: 'left_out',
      about,
      text: `with a value that is not taken here: ${rest(refused).join(', ')}`,
    })
  return remarks
}
