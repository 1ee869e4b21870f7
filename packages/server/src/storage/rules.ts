import { sql } from 'kysely'
import {
  type ActionBinding,
  type PipelineRule,
  type Rule,
  type RuleStore,
  ruleDoors,
  ruleTriggers,
} from '../domain/rule.ts'
import { createActionDraftQueries } from './action-drafts.ts'
import { movedOn, readColumns } from './change-time.ts'
import { text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  readFlag,
  readIdentifier,
  readObject,
  readOneOf,
  requireMoment,
  requireText,
  writeFlag,
} from './row.ts'
import { createRuleVersionQueries, parseDetailsRow, parseVersionRow } from './rule-versions.ts'
import { ruleColumns } from './tables.ts'
import { describeWrite } from './write.ts'

type RuleRow = ValuesOf<typeof ruleColumns>

export function createRuleStore(database: Database, now: () => Date): RuleStore {
  const versions = createRuleVersionQueries(database)
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build.selectFrom('rules').selectAll().where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
  )
  const findByName = database.one({ tenant_id: text, door: text, name: text }, (build, asked) =>
    build
      .selectFrom('rules')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('door', '=', asked.door)
      .where('name', '=', asked.name),
  )
  const list = database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('rules')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy(placeOfDoor)
      .orderBy('order')
      .orderBy('name'),
  )
  const pipeline = preparePipeline(database)
  const rememberedPipeline = database.memory.remember((tenantId: string) =>
    pipeline({ tenant_id: tenantId }).map(parsePipelineRow),
  )

  return {
    pipeline: async (tenantId) => rememberedPipeline(tenantId),
    find: async (tenantId, id) => parseFound(find({ tenant_id: tenantId, id })),
    findByName: async (tenantId, door, name) => parseFound(findByName({ tenant_id: tenantId, door, name })),
    list: async (tenantId) => list({ tenant_id: tenantId }).map(parseRow),
    async findVersion(tenantId, id) {
      const row = versions.find({ tenant_id: tenantId, id })
      return row && parseVersionRow(row)
    },
    versions: async (tenantId, ruleId) =>
      versions.ofRule({ tenant_id: tenantId, rule_id: ruleId }).map(parseDetailsRow),
    latestVersionNumber: async (tenantId, ruleId) =>
      versions.latest({ tenant_id: tenantId, rule_id: ruleId })?.number ?? 0,
    insertVersion: versions.insert,
    ...createActionDraftQueries(database),
    removeVersionsSupersededBefore: versions.removeSupersededBefore,
    removeVersionsOfRulesRemovedBefore: versions.removeOfRulesRemovedBefore,
    ...createRuleWrites(database, versions, now),
  }
}

const placeOfDoor = sql`case rules.door when 'webtask' then 1 when 'hook' then 2 else 3 end`

/** The hot path of every token request: one statement, which leaves the sources where they are. */
function preparePipeline(database: Database) {
  return database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('rules')
      .innerJoin('rule_versions', (join) =>
        join
          .onRef('rule_versions.tenant_id', '=', 'rules.tenant_id')
          .onRef('rule_versions.id', '=', 'rules.active_version_id'),
      )
      .selectAll('rules')
      .select([
        'rule_versions.number as version_number',
        'rule_versions.secrets as version_secrets',
        'rule_versions.dependencies as version_dependencies',
        'rule_versions.packages as version_packages',
        'rule_versions.webtask as version_webtask',
        'rule_versions.action as version_action',
        'rule_versions.created_at as version_created_at',
      ])
      .where('rules.tenant_id', '=', asked.tenant_id)
      .where('rules.enabled', '=', 1)
      .where('rules.trigger', '=', 'credentials-exchange')
      .orderBy(placeOfDoor)
      .orderBy('rules.order')
      .orderBy('rules.name'),
  )
}

function createRuleWrites(
  database: Database,
  versions: ReturnType<typeof createRuleVersionQueries>,
  now: () => Date,
): Pick<RuleStore, 'insert' | 'update' | 'remove'> {
  const insert = database.write(ruleColumns, (build, row) => build.insertInto('rules').values(row), {
    noun: 'rule',
    refersTo: 'rule version',
  })
  const update = database.change(
    { ...ruleColumns, ...readColumns },
    (build, { tenant_id, id, created_at: _, updated_at, read_updated_at, ...changing }) =>
      build
        .updateTable('rules')
        .set({ ...changing, updated_at: movedOn(updated_at, read_updated_at) })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('updated_at', '=', read_updated_at),
    'rule',
  )
  const remove = database.step(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('rules').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun: 'rule' },
  )

  return {
    insert: (rule) => insert(toRow(rule)),
    update: (rule, read) => update({ ...toRow(rule), read_updated_at: read.updatedAt.getTime() }),
    remove: (tenantId, id) =>
      describeWrite(database.sqlite, [
        remove({ tenant_id: tenantId, id }),
        versions.wipe({ tenant_id: tenantId, rule_id: id, removed_at: now().getTime() }),
      ]),
  }
}

type PipelineRow = ReturnType<ReturnType<typeof preparePipeline>>[number]

function parsePipelineRow(row: PipelineRow): PipelineRule {
  const rule = parseRow(row)
  return {
    rule,
    version: parseDetailsRow({
      tenant_id: row.tenant_id,
      id: row.active_version_id ?? '',
      rule_id: row.id,
      number: row.version_number,
      secrets: row.version_secrets,
      dependencies: row.version_dependencies,
      packages: row.version_packages,
      webtask: row.version_webtask,
      action: row.version_action,
      created_at: row.version_created_at,
    }),
  }
}

function parseBinding(json: string | null): ActionBinding | undefined {
  if (json === null) return undefined
  const place = 'rules.binding'
  const binding = readObject(json, place)
  return {
    id: requireText(binding.id, place),
    displayName: requireText(binding.displayName, place),
    createdAt: requireMoment(binding.createdAt, place),
    updatedAt: requireMoment(binding.updatedAt, place),
  }
}

function parseFound(row: RuleRow | undefined): Rule | undefined {
  return row && parseRow(row)
}

function parseRow(row: RuleRow): Rule {
  return {
    tenantId: readIdentifier(row.tenant_id, 'rules.tenant_id'),
    id: readIdentifier(row.id, 'rules.id'),
    door: readOneOf(ruleDoors, row.door, 'rules.door'),
    name: readIdentifier(row.name, 'rules.name'),
    model: readOneOf(['callback', 'action'], row.model, 'rules.model'),
    order: row.order,
    enabled: readFlag(row.enabled),
    clientFilter:
      row.client_filter === null ? undefined : readIdentifier(row.client_filter, 'rules.client_filter'),
    trigger: readOneOf(ruleTriggers, row.trigger, 'rules.trigger'),
    activeVersionId:
      row.active_version_id === null
        ? undefined
        : readIdentifier(row.active_version_id, 'rules.active_version_id'),
    binding: parseBinding(row.binding),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(rule: Rule): RuleRow {
  return {
    tenant_id: rule.tenantId,
    id: rule.id,
    door: rule.door,
    name: rule.name,
    model: rule.model,
    order: rule.order,
    enabled: writeFlag(rule.enabled),
    client_filter: rule.clientFilter ?? null,
    trigger: rule.trigger,
    active_version_id: rule.activeVersionId ?? null,
    binding: rule.binding === undefined ? null : JSON.stringify(rule.binding),
    created_at: rule.createdAt.getTime(),
    updated_at: rule.updatedAt.getTime(),
  }
}
