/** What is different after any move, so that nobody has to find it out. */
import type { TenantSettings } from '@tallystick/management-api/contract/tenant-settings'
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
