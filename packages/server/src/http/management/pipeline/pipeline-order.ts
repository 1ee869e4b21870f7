import type { Rule } from '../../../domain/rule.ts'
import { invalidBody } from '../operation/invalid-body.ts'

/** @throws ManagementError `invalid_body` */
export function inGivenOrder(rules: readonly Rule[], ids: readonly string[]): Rule[] {
  const byId = new Map<string, Rule>(rules.map((rule) => [rule.id, rule]))
  const ordered = ids.flatMap((id) => byId.get(id) ?? [])
  if (ordered.length !== rules.length || ids.length !== rules.length) {
    throw invalidBody('order', `It must name each of the ${rules.length} rules of the pipeline once`)
  }
  return ordered
}
