/** The order that an operator gives the pipeline: every rule once, or it is refused whole. */
import { ManagementError } from '../../../domain/errors.ts'
import type { Rule } from '../../../domain/rule.ts'

/** @throws ManagementError `invalid_body` */
export function inGivenOrder(rules: readonly Rule[], ids: readonly string[]): Rule[] {
  const byId = new Map<string, Rule>(rules.map((rule) => [rule.id, rule]))
  const ordered = ids.flatMap((id) => byId.get(id) ?? [])
  if (ordered.length !== rules.length || ids.length !== rules.length) {
    throw new ManagementError(
      'invalid_body',
      `Payload validation error: 'It must name each of the ${rules.length} rules of the pipeline once' on property order.`,
    )
  }
  return ordered
}
