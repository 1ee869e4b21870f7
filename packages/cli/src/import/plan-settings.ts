/** Settings of the tenant. Nothing of them is secret, and most mean nothing to machines. */
import { tenantFlags } from '@tallystick/management-api/contract/tenant-flags'
import {
  keptTenantMembers,
  type TenantSettings,
  tenantSettingsChange,
} from '@tallystick/management-api/contract/tenant-settings'
import { Value } from 'typebox/value'
import { isJsonObject, type JsonObject } from '../json-object.ts'
import { changedMembers } from './changed-members.ts'
import { fitMembers, without } from './fit-members.ts'
import { leftOut } from './left-out.ts'
import type { PlanPart, Remark } from './plan.ts'

const about = 'settings'
const readOnlyMembers = ['sandbox_versions_available']
/** The one flag that means something here. */
const flagInUse = 'allow_api1_non_global_clients'

export function planSettings(exported: JsonObject | undefined, present: TenantSettings): PlanPart {
  if (exported === undefined) return { steps: [], remarks: [] }
  const { flags, unknownFlags } = splitFlags(exported.flags)
  const fit = fitMembers(tenantSettingsChange.properties, {
    ...without(exported, [...readOnlyMembers, 'flags']),
    ...(flags && { flags }),
  })
  const change = changedMembers(without(fit.members, ['flags']), present)
  const changedFlags = changedMembers(flags ?? {}, present.flags)
  const body = { ...change, ...(Object.keys(changedFlags).length > 0 && { flags: changedFlags }) }
  const kept = Object.keys(fit.members).filter(
    (name) => name !== 'friendly_name' && keptTenantMembers.includes(name),
  )
  const remarks: Remark[] = [...leftOut(about, fit)]
  if (unknownFlags.length > 0)
    remarks.push({ kind: 'left_out', about, text: `flags not known here: ${unknownFlags.join(', ')}` })
  if (kept.length > 0)
    remarks.push({ kind: 'differs', about, text: `kept, and without effect here: ${kept.join(', ')}` })
  if (Object.keys(flags ?? {}).some((name) => name !== flagInUse))
    remarks.push({ kind: 'differs', about, text: `of the flags, ${flagInUse} alone has an effect here` })
  if (Object.keys(body).length === 0 || !Value.Check(tenantSettingsChange, body))
    return { steps: [], remarks }
  return {
    steps: [
      {
        stage: 'objects',
        verb: 'change',
        noun: 'settings',
        name: 'of the tenant',
        details: Object.keys(body),
        perform: async ({ connection }) => {
          await connection.tenantSettings.update(body)
        },
      },
    ],
    remarks,
  }
}

function splitFlags(value: unknown): { flags: JsonObject | undefined; unknownFlags: readonly string[] } {
  if (!isJsonObject(value)) return { flags: undefined, unknownFlags: [] }
  const known: ReadonlySet<string> = new Set(tenantFlags)
  const names = Object.keys(value)
  const unknownFlags = names.filter((name) => !known.has(name))
  const flags = without(value, unknownFlags)
  return { flags: Object.keys(flags).length > 0 ? flags : undefined, unknownFlags }
}
