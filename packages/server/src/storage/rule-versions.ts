/** The versions of rules: written once, never changed, but for the secrets that go when the rule does. */
import {
  maxSupersededVersions,
  type RuleModules,
  type RuleVersion,
  type RuleVersionDetails,
  type WebtaskDetails,
} from '../domain/rule.ts'
import type { InstalledPackage } from '../domain/rule-build.ts'
import type { Write } from '../domain/write.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  optional,
  readIdentifier,
  readJson,
  readObject,
  requireFlag,
  requireList,
  requireNumber,
  requireObject,
  requireText,
  requireTextList,
  requireTextMap,
} from './row.ts'
import { readActionDetails, readDependencies, readSecrets } from './rule-row.ts'
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
      .select(['tenant_id', 'id', 'rule_id', 'number', 'secrets', 'dependencies', 'packages'])
      .select(['webtask', 'action', 'created_at'])
      .where('tenant_id', '=', asked.tenant_id)
      .where('rule_id', '=', asked.rule_id)
      .orderBy('number', 'desc'),
  )
  const latest = database.one({ tenant_id: text, rule_id: text }, (build, asked) =>
    build
      .selectFrom('rule_versions')
      .select('number')
      .where('tenant_id', '=', asked.tenant_id)
      .where('rule_id', '=', asked.rule_id)
      .orderBy('number', 'desc')
      .limit(1),
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
  const removeSupersededBefore = prepareRemoveSuperseded(database)

  return {
    find,
    ofRule,
    latest,
    wipe,
    removeSupersededBefore: (at: Date, limit: number): Write =>
      removeSupersededBefore({ at: at.getTime(), limit }),
    insert: (version: RuleVersion): Write => insert(toRow(version)),
    removeOfRulesRemovedBefore: (at: Date, limit: number): Write =>
      removeOfRulesRemovedBefore({ at: at.getTime(), limit }),
  }
}

/**
 * Numbers go up one by one and the oldest go first: a version was superseded when the next was made, and has as many
 * newer ones as numbers follow it.
 */
function prepareRemoveSuperseded(database: Database) {
  return database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build.deleteFrom('rule_versions').where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('tenant_id', 'id'),
          'in',
          selectFrom('rules')
            .innerJoin('rule_versions as active', (join) =>
              join
                .onRef('active.tenant_id', '=', 'rules.tenant_id')
                .onRef('active.id', '=', 'rules.active_version_id'),
            )
            .innerJoin('rule_versions as old', (join) =>
              join
                .onRef('old.tenant_id', '=', 'rules.tenant_id')
                .onRef('old.rule_id', '=', 'rules.id')
                .on(({ eb: on, ref }) =>
                  on('old.number', '<', on(ref('active.number'), '-', maxSupersededVersions)),
                ),
            )
            .innerJoin('rule_versions as next', (join) =>
              join
                .onRef('next.tenant_id', '=', 'old.tenant_id')
                .onRef('next.rule_id', '=', 'old.rule_id')
                .on(({ eb: on, ref }) => on('next.number', '=', on(ref('old.number'), '+', 1))),
            )
            .select(['old.tenant_id', 'old.id'])
            .where('next.created_at', '<', asked.at)
            .limit(asked.limit)
            .$asTuple('tenant_id', 'id'),
        ),
      ),
    { noun: 'rule version' },
  )
}

export function parseVersionRow(row: RuleVersionRow): RuleVersion {
  return {
    ...parseDetailsRow(row),
    source: row.source,
    program: row.program ?? undefined,
    modules: parseModules(row.modules),
  }
}

export function parseDetailsRow(
  row: Omit<RuleVersionRow, 'source' | 'program' | 'modules' | 'rule_removed_at'>,
): RuleVersionDetails {
  return {
    tenantId: readIdentifier(row.tenant_id, 'rule_versions.tenant_id'),
    id: readIdentifier(row.id, 'rule_versions.id'),
    ruleId: readIdentifier(row.rule_id, 'rule_versions.rule_id'),
    number: row.number,
    secrets: readSecrets(row.secrets, 'rule_versions.secrets'),
    dependencies: readDependencies(row.dependencies, 'rule_versions.dependencies'),
    packages: readPackages(row.packages),
    webtask: parseWebtask(row.webtask),
    action: row.action === null ? undefined : readActionDetails(row.action, 'rule_versions.action'),
    createdAt: new Date(row.created_at),
  }
}

function readPackages(json: string): InstalledPackage[] {
  const place = 'rule_versions.packages'
  return requireList(readJson(json, place), place).map((item) => {
    const { name, version, integrity } = requireObject(item, place)
    return {
      name: requireText(name, place),
      version: requireText(version, place),
      integrity: requireText(integrity, place),
    }
  })
}

function parseModules(json: string | null): RuleModules | undefined {
  if (json === null) return undefined
  const place = 'rule_versions.modules'
  const modules = readObject(json, place)
  return { names: requireTextList(modules.names, place), code: requireText(modules.code, place) }
}

function parseWebtask(json: string | null): WebtaskDetails | undefined {
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
    program: version.program ?? null,
    secrets: JSON.stringify(version.secrets),
    dependencies: JSON.stringify(version.dependencies),
    packages: JSON.stringify(version.packages),
    modules: version.modules === undefined ? null : JSON.stringify(version.modules),
    webtask: version.webtask === undefined ? null : JSON.stringify(version.webtask),
    action: version.action === undefined ? null : JSON.stringify(version.action),
    created_at: version.createdAt.getTime(),
    rule_removed_at: null,
  }
}
