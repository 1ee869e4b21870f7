/** People name a rule, the management API wants its id: here one becomes the other. */
import type { Connection } from '@tallystick/management-api/connect'
import type { Rule } from '@tallystick/management-api/contract/pipeline'
import { Failure } from '../failure.ts'
import { neutralLine } from '../neutral-text.ts'

/** @throws Failure when no rule, or more than one, has this name or id. */
export async function findRuleId(connection: Connection, nameOrId: string): Promise<string> {
  return pickRuleId(await connection.rules.list(), nameOrId)
}

/** Without repetition: two names of one rule name it once. */
export async function findRuleIds(
  connection: Connection,
  namesOrIds: readonly string[],
): Promise<readonly string[]> {
  const rules = await connection.rules.list()
  return [...new Set(namesOrIds.map((nameOrId) => pickRuleId(rules, nameOrId)))]
}

export function pickRuleId(rules: readonly Rule[], nameOrId: string): string {
  const byId = rules.find((rule) => rule.id === nameOrId)
  const [first, second] = rules.filter((rule) => rule.name === nameOrId)
  if (byId) return byId.id
  if (first && !second) return first.id
  if (!first) {
    throw new Failure('not_found', {
      what: `There is no rule ${neutralLine(nameOrId)}.`,
      why: 'No rule of the tenant has this name or id.',
      todo: 'See `tallystick rules list`.',
    })
  }
  throw new Failure('usage', {
    what: `There are several rules named ${neutralLine(nameOrId)}.`,
    why: 'A name is unique only among the rules that came by the same door.',
    todo: `Give an id: ${rules
      .filter((rule) => rule.name === nameOrId)
      .map((rule) => rule.id)
      .join(' or ')}`,
  })
}
