/** The drafts of Actions: one for each, which goes with it. */
import type { ActionDraft, RuleStore } from '../domain/rule.ts'
import { movedOn, readColumns } from './change-time.ts'
import { text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { readFlag, readIdentifier, writeFlag } from './row.ts'
import { readActionDetails, readDependencies, readSecrets } from './rule-row.ts'
import { actionDraftColumns } from './tables.ts'

type ActionDraftRow = ValuesOf<typeof actionDraftColumns>

export function createActionDraftQueries(
  database: Database,
): Pick<RuleStore, 'findDraft' | 'drafts' | 'insertDraft' | 'updateDraft'> {
  const find = database.one({ tenant_id: text, rule_id: text }, (build, asked) =>
    build
      .selectFrom('action_drafts')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('rule_id', '=', asked.rule_id),
  )
  const ofTenant = database.many({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('action_drafts')
      .innerJoin('rules', (join) =>
        join
          .onRef('rules.tenant_id', '=', 'action_drafts.tenant_id')
          .onRef('rules.id', '=', 'action_drafts.rule_id'),
      )
      .selectAll('action_drafts')
      .where('action_drafts.tenant_id', '=', asked.tenant_id)
      .orderBy('rules.order')
      .orderBy('rules.name'),
  )
  const insert = database.write(
    actionDraftColumns,
    (build, row) => build.insertInto('action_drafts').values(row),
    { noun: 'draft', refersTo: 'rule' },
  )
  const update = database.change(
    { ...actionDraftColumns, ...readColumns },
    (build, { tenant_id, rule_id, updated_at, read_updated_at, ...changing }) =>
      build
        .updateTable('action_drafts')
        .set({ ...changing, updated_at: movedOn(updated_at, read_updated_at) })
        .where('tenant_id', '=', tenant_id)
        .where('rule_id', '=', rule_id)
        .where('updated_at', '=', read_updated_at),
    'draft',
  )

  return {
    async findDraft(tenantId, ruleId) {
      const row = find({ tenant_id: tenantId, rule_id: ruleId })
      return row && parseRow(row)
    },
    drafts: async (tenantId) => ofTenant({ tenant_id: tenantId }).map(parseRow),
    insertDraft: (draft) => insert(toRow(draft)),
    updateDraft: (draft, read) => update({ ...toRow(draft), read_updated_at: read.updatedAt.getTime() }),
  }
}

function parseRow(row: ActionDraftRow): ActionDraft {
  return {
    tenantId: readIdentifier(row.tenant_id, 'action_drafts.tenant_id'),
    ruleId: readIdentifier(row.rule_id, 'action_drafts.rule_id'),
    source: row.source,
    program: row.program ?? undefined,
    secrets: readSecrets(row.secrets, 'action_drafts.secrets'),
    dependencies: readDependencies(row.dependencies, 'action_drafts.dependencies'),
    action: readActionDetails(row.action, 'action_drafts.action'),
    isDeployed: readFlag(row.is_deployed),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(draft: ActionDraft): ActionDraftRow {
  return {
    tenant_id: draft.tenantId,
    rule_id: draft.ruleId,
    source: draft.source,
    program: draft.program ?? null,
    secrets: JSON.stringify(draft.secrets),
    dependencies: JSON.stringify(draft.dependencies),
    action: JSON.stringify(draft.action),
    is_deployed: writeFlag(draft.isDeployed),
    updated_at: draft.updatedAt.getTime(),
  }
}
