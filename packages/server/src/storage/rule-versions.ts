/** The versions of rules: written once, never changed, but for the secrets that go when the rule does. */
import type { EncryptedValue, RuleVersion, WebtaskDetails } from '../domain/rule.ts'
import type { Write } from '../domain/write.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  optional,
  readIdentifier,
  readObject,
  readTextMap,
  requireFlag,
  requireNumber,
  requireText,
  requireTextMap,
} from './row.ts'
import { ruleVersionColumns } from './tables.ts'

type RuleVersionRow = ValuesOf<typeof ruleVersionColumns>

export function createRuleVersionQueries(database: Database) {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('rule_versions')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const ofRule = database.many({ tenant_id: text, rule_id: text }, (build, asked) =>
    build
      .selectFrom('rule_versions')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('rule_id', '=', asked.rule_id)
      .orderBy('number', 'desc'),
  )
  const insert = database.write(
    ruleVersionColumns,
    (build, row) => build.insertInto('rule_versions').values(row),
    { noun: 'rule version', refersTo: 'tenant' },
  )
  const wipe = database.step(
    { tenant_id: text, rule_id: text, removed_at: integer },
    (build, asked) =>
      build
        .updateTable('rule_versions')
        .set({ secrets: '{}', rule_removed_at: asked.removed_at })
        .where('tenant_id', '=', asked.tenant_id)
        .where('rule_id', '=', asked.rule_id)
        // A rule that is removed twice was removed the first time.
        .where('rule_removed_at', 'is', null),
    { noun: 'rule version' },
  )
  const removeOfRulesRemovedBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('rule_versions')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('tenant_id', 'id'),
            'in',
            selectFrom('rule_versions')
              .select(['tenant_id', 'id'])
              .where('rule_removed_at', '<', asked.at)
              .limit(asked.limit)
              .$asTuple('tenant_id', 'id'),
          ),
        ),
    { noun: 'rule version' },
  )

  return {
    find,
    ofRule,
    wipe,
    insert: (version: RuleVersion): Write => insert(toRow(version)),
    removeOfRulesRemovedBefore: (at: Date, limit: number): Write =>
      removeOfRulesRemovedBefore({ at: at.getTime(), limit }),
  }
}

export function parseVersionRow(row: RuleVersionRow): RuleVersion {
  return {
    tenantId: readIdentifier(row.tenant_id, 'rule_versions.tenant_id'),
    id: readIdentifier(row.id, 'rule_versions.id'),
    ruleId: readIdentifier(row.rule_id, 'rule_versions.rule_id'),
    number: row.number,
    source: row.source,
    secrets: readSecrets(row.secrets),
    webtask: parseWebtask(row.webtask),
    createdAt: new Date(row.created_at),
  }
}

export function readSecrets(json: string): Record<string, EncryptedValue> {
  const values = Object.entries(readTextMap(json, 'rule_versions.secrets'))
  return Object.fromEntries(
    values.map(([name, value]) => [name, readIdentifier<EncryptedValue>(value, 'rule_versions.secrets')]),
  )
}

export function parseWebtask(json: string | null): WebtaskDetails | undefined {
  if (json === null) return undefined
  const place = 'rule_versions.webtask'
  const webtask = readObject(json, place)
  return {
    meta: requireTextMap(webtask.meta, place),
    params: requireTextMap(webtask.params, place),
    mergeBody: requireFlag(webtask.mergeBody, place),
    parseBody: optional(requireNumber, webtask.parseBody, place),
    host: optional(requireText, webtask.host, place),
  }
}

function toRow(version: RuleVersion): RuleVersionRow {
  return {
    tenant_id: version.tenantId,
    id: version.id,
    rule_id: version.ruleId,
    number: version.number,
    source: version.source,
    secrets: JSON.stringify(version.secrets),
    webtask: version.webtask === undefined ? null : JSON.stringify(version.webtask),
    created_at: version.createdAt.getTime(),
    rule_removed_at: null,
  }
}
