/** One rule, as people read it. */
import type { RuleWithCode } from '@tallystick/management-api/contract/pipeline'
import { formatDetails } from '../table.ts'

export function ruleDetails(rule: RuleWithCode): string[] {
  return formatDetails([
    ['name', rule.name],
    ['id', rule.id],
    ['enabled', rule.enabled ? 'yes' : 'no'],
    ['order', String(rule.order)],
    ['runs for', rule.client_id ?? 'every client'],
    ['door', rule.door],
    ['model', rule.model],
    ['version', `${rule.version.number}, of ${rule.version.created_at}`],
    ['secrets', rule.version.secrets.join('\n') || 'none'],
    ['code', `${Buffer.byteLength(rule.code)} bytes; --code prints it`],
  ])
}
