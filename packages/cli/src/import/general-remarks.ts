/** What is different after any move, so that nobody has to find it out. */
import { keptClientMemberNames } from '@tallystick/management-api/contract/kept-client-members'
import { keptResourceServerMembers } from '@tallystick/management-api/contract/resource-servers'
import type { TenantSettings } from '@tallystick/management-api/contract/tenant-settings'
import type { JsonObject } from '../json-object.ts'
import type { Exported } from './exported.ts'
import type { Remark } from './plan.ts'

interface Here {
  readonly settings: TenantSettings
  readonly origin: string
}

export function generalRemarks(exported: Exported, { settings, origin }: Here): Remark[] {
  const remarks: Remark[] = []
  const add = (kind: Remark['kind'], about: string, text: string) => remarks.push({ kind, about, text })
  if (exported.clients.length > 0) {
    add('differs', 'all clients', 'client ids and secrets are new here: give each program its own')
  }
  if (exported.apis.length > 0) {
    add(
      'todo',
      'all APIs',
      `tokens are issued by ${origin}/ and signed with other keys: let each API trust this issuer`,
    )
  }
  const ofClients = keptMembers(exported.clients, keptClientMemberNames)
  if (ofClients.length > 0) {
    add('differs', 'all clients', `kept, and without effect here: ${ofClients.join(', ')}`)
  }
  const ofApis = keptMembers(exported.apis, keptResourceServerMembers).filter(
    (name) => name !== apiMemberInUse,
  )
  if (ofApis.length > 0) {
    add('differs', 'all APIs', `kept, and without effect here: ${ofApis.join(', ')}`)
  }
  if (settings.profile === 'rfc') {
    add(
      'differs',
      'token endpoint',
      'the tenant answers as the RFCs say: other error codes than at Auth0, and the parameter scope narrows the token; `tallystick settings update --profile auth0` answers in the words of Auth0',
    )
  }
  if (exported.hooks.length > 0 || exported.actions.length > 0) {
    add(
      'differs',
      'all rules',
      'a rule has 1 second (TALLYSTICK_RULE_TIMEOUT_MS) and 64 MB; claims that are dropped leave a line in the log',
    )
  }
  if (exported.others.length > 0) {
    add('left_out', 'not read', exported.others.join(', '))
  }
  return remarks
}

/** Kept like the others, and obeyed. */
const apiMemberInUse = 'subject_type_authorization'

/** Of the names, those that ask for something in one of the objects. */
function keptMembers(
  objects: readonly { readonly members: JsonObject }[],
  names: readonly string[],
): string[] {
  return names.filter((name) => objects.some(({ members }) => asksForSomething(members[name])))
}

function asksForSomething(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value)
  return Object.keys(value).length > 0
}
