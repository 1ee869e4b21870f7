/** Why members of an export are left out: a protection that would be missed is told apart from what means nothing here. */
import type { FittingMembers } from './fit-members.ts'
import type { Remark } from './plan.ts'

const protections: Readonly<Record<string, string>> = {
  token_quota: 'nobody counts tokens here, so there is no quota',
  default_token_quota: 'nobody counts tokens here, so there is no quota',
  authorization_details: 'authorization details (RFC 9396) are not offered here',
  signed_request_object: 'requests of people are not answered here',
  require_pushed_authorization_requests: 'requests of people are not answered here',
}

/** Without one of these the object would be another one, and perhaps allow more. */
const essential: ReadonlySet<string> = new Set([
  'client_metadata',
  'grant_types',
  'scopes',
  'signing_alg',
  'signing_secret',
  'subject_type_authorization',
  'enforce_policies',
])

export function leftOut(about: string, { unknown, refused }: Omit<FittingMembers, 'members'>): Remark[] {
  const remarks: Remark[] = []
  for (const name of [...refused, ...unknown]) {
    const words = protections[name]
    if (words) remarks.push({ kind: 'differs', about, text: `${name} is left out: ${words}.` })
  }
  const others = (names: readonly string[]) => names.filter((name) => protections[name] === undefined)
  const add = (kind: Remark['kind'], words: string, names: readonly string[]) => {
    if (names.length > 0) remarks.push({ kind, about, text: `${words}: ${names.join(', ')}` })
  }
  add('left_out', 'not known here', others(unknown))
  const refusedHere = others(refused)
  add(
    'left_out',
    'with a value that is not taken here',
    refusedHere.filter((name) => !essential.has(name)),
  )
  add(
    'stops',
    'with a value that is not taken here',
    refusedHere.filter((name) => essential.has(name)),
  )
  return remarks
}
