/** The pipeline and its rules on the wire. Publishing itself is `rules/publish-rule.ts`, the same for every door. */
import type { Pipeline, RuleChange, Rule as RuleOnWire } from '@tallystick/management-api/contract/pipeline'
import type { FastifyRequest } from 'fastify'
import { type ClientId, type ClientStore, parseClientId } from '../../../domain/client.ts'
import { ManagementError } from '../../../domain/errors.ts'
import {
  parseRuleName,
  type Rule,
  type RuleName,
  type RuleStore,
  type RuleVersion,
} from '../../../domain/rule.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { PublishedRule, PublishRule, RuleUpload } from '../../../rules/publish-rule.ts'
import type { RecordChange } from '../../record-change.ts'
import type { BodyOf, Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { notThere } from '../operation/not-there.ts'
import { inGivenOrder } from './pipeline-order.ts'
import { refuseOfOtherDoor, requireScopeOfDoor } from './rule-of-other-door.ts'
import { ruleOnWire, versionOnWire, withCode } from './rule-on-wire.ts'
import { refusingBadRules } from './rule-refusal.ts'

export interface PipelineHandlerDeps {
  readonly rules: RuleStore
  readonly clients: Pick<ClientStore, 'find'>
  readonly publishRule: PublishRule
  readonly recordChange: RecordChange
  readonly now: () => Date
}

export function createPipelineHandlers(
  deps: PipelineHandlerDeps,
): Pick<
  Handlers,
  | 'getPipeline'
  | 'orderPipeline'
  | 'listRules'
  | 'createRule'
  | 'getRule'
  | 'updateRule'
  | 'deleteRule'
  | 'listRuleVersions'
  | 'getRuleVersion'
> {
  return {
    getPipeline: ({ request }) => pipelineOnWire(deps, request.tenant.id),

    async orderPipeline({ request, body }) {
      const all = await deps.rules.list(request.tenant.id)
      const rules = inGivenOrder(all.filter(isOfPipeline), body.order)
      const now = deps.now()
      await deps.recordChange(request, {
        description: 'Changed the order of the pipeline.',
        status: 200,
        writes: rules.flatMap((rule, index) =>
          rule.order === index + 1
            ? []
            : [deps.rules.update({ ...rule, order: index + 1, updatedAt: now }, rule)],
        ),
      })
      return pipelineOnWire(deps, request.tenant.id)
    },

    listRules: async ({ request }) => (await pipelineOnWire(deps, request.tenant.id)).rules,

    async createRule({ request, body }) {
      const name = await freeName(deps, request.tenant.id, body.name)
      const upload = await uploadOf(deps, request, name, body)
      const published = await refusingBadRules(() => deps.publishRule(request.tenant.id, upload))
      await deps.recordChange(request, {
        description: `Created the rule ${name}.`,
        status: 201,
        writes: published.writes,
      })
      return withCode(published.rule, published.version)
    },

    async getRule({ request, param }) {
      const rule = await findRule(deps, request, param('id'))
      return withCode(rule, await activeVersion(deps, rule))
    },

    async updateRule({ request, param, body }) {
      const stored = await findRule(deps, request, param('id'))
      const { rule, version, writes } = await changed(deps, request, stored, body)
      await deps.recordChange(request, {
        description: `Changed the rule ${rule.name}; its version is ${version.number}.`,
        status: 200,
        writes,
      })
      return withCode(rule, version)
    },

    async deleteRule({ request, reply, operator, param }) {
      const rule = await findRule(deps, request, param('id'))
      requireScopeOfDoor(operator, rule, reply)
      await deps.recordChange(request, {
        description: `Deleted the rule ${rule.name}.`,
        status: 204,
        writes: [deps.rules.remove(rule.tenantId, rule.id)],
      })
    },

    async listRuleVersions({ request, param }) {
      const rule = await findRule(deps, request, param('id'))
      const versions = await deps.rules.versions(rule.tenantId, rule.id)
      return versions.map((version) => versionOnWire(rule, version))
    },

    async getRuleVersion({ request, param }) {
      const rule = await findRule(deps, request, param('id'))
      const versions = await deps.rules.versions(rule.tenantId, rule.id)
      const asked = versions.find(({ id }) => id === param('versionId'))
      const version = asked && (await deps.rules.findVersion(rule.tenantId, asked.id))
      if (!version) throw notThere('ruleVersion')
      return { ...versionOnWire(rule, version), code: version.source }
    },
  }
}

/** All but Actions that were never deployed. */
function isOfPipeline({ activeVersionId }: Rule): boolean {
  return activeVersionId !== undefined
}

/** A tenant has few rules, so all are read: a foreign or made-up id is simply not among them. */
async function findRule(
  { rules }: PipelineHandlerDeps,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<Rule> {
  const rule = (await rules.list(tenant.id)).find(({ id }) => id === rawId)
  if (!rule) throw notThere('rule')
  return rule
}

async function activeVersion({ rules }: PipelineHandlerDeps, rule: Rule): Promise<RuleVersion> {
  const { tenantId, activeVersionId } = rule
  const version = activeVersionId && (await rules.findVersion(tenantId, activeVersionId))
  // Removed between two reads, or an Action that was never deployed.
  if (!version) throw notThere('rule')
  return version
}

async function freeName({ rules }: PipelineHandlerDeps, tenantId: TenantId, text: string): Promise<RuleName> {
  const name = parseRuleName(text)
  if (!name) {
    throw invalidBody('name', 'Not a rule name')
  }
  if (await rules.findByName(tenantId, 'webtask', name)) {
    throw new ManagementError('conflict', `There is already a rule named ${name}.`)
  }
  return name
}

async function uploadOf(
  deps: PipelineHandlerDeps,
  request: FastifyRequest,
  name: RuleName,
  body: BodyOf<'createRule'>,
): Promise<RuleUpload> {
  return {
    door: 'webtask',
    name,
    model: 'callback',
    trigger: 'credentials-exchange',
    source: body.code,
    secrets: body.secrets ?? {},
    dependencies: [],
    order: body.order ?? (await orderBehindAll(deps, request.tenant.id)),
    enabled: body.enabled ?? true,
    clientFilter: await clientFilterOf(deps, request, body.client_id, undefined),
    webtask: undefined,
  }
}

async function orderBehindAll({ rules }: PipelineHandlerDeps, tenantId: TenantId): Promise<number> {
  const orders = (await rules.list(tenantId)).map((rule) => rule.order)
  return Math.max(0, ...orders) + 1
}

async function clientFilterOf(
  { clients }: PipelineHandlerDeps,
  { tenant }: FastifyRequest,
  sent: string | null | undefined,
  stored: ClientId | undefined,
): Promise<ClientId | undefined> {
  if (sent === undefined) return stored
  if (sent === null) return undefined
  const id = parseClientId(sent)
  const client = id && (await clients.find(tenant.id, id))
  if (!client) throw new ManagementError('invalid_body', 'The client in client_id does not exist')
  return client.id
}

/** Only new code or secrets make a new version; the rest belongs to the rule itself. */
async function changed(
  deps: PipelineHandlerDeps,
  request: FastifyRequest,
  stored: Rule,
  body: RuleChange,
): Promise<PublishedRule> {
  refuseOfOtherDoor(stored, body)
  const version = await activeVersion(deps, stored)
  const settings = {
    order: body.order ?? stored.order,
    enabled: body.enabled ?? stored.enabled,
    clientFilter: await clientFilterOf(deps, request, body.client_id, stored.clientFilter),
  }
  if (body.code === undefined && body.secrets === undefined) {
    const rule = { ...stored, ...settings, updatedAt: deps.now() }
    return { rule, version, writes: [deps.rules.update(rule, stored)] }
  }
  return refusingBadRules(() =>
    deps.publishRule(stored.tenantId, {
      ...stored,
      source: body.code,
      dependencies: undefined,
      secrets: mergedSecrets(version, body.secrets ?? {}),
      ...settings,
      webtask: version.webtask,
    }),
  )
}

/** As an upload needs them: every name that remains, with null for a value that is kept. */
function mergedSecrets(
  version: RuleVersion,
  change: Readonly<Record<string, string | null>>,
): Record<string, string | null> {
  const secrets = new Map<string, string | null>(Object.keys(version.secrets).map((name) => [name, null]))
  for (const [name, value] of Object.entries(change)) {
    if (value === null) secrets.delete(name)
    else secrets.set(name, value)
  }
  return Object.fromEntries(secrets)
}

async function pipelineOnWire(deps: PipelineHandlerDeps, tenantId: TenantId): Promise<Pipeline> {
  const rules: RuleOnWire[] = []
  for (const rule of await deps.rules.list(tenantId)) {
    const id = rule.activeVersionId
    const version = id && (await deps.rules.findVersion(tenantId, id))
    // A rule removed between two reads is not listed, nor an Action that was never deployed.
    if (version) rules.push(ruleOnWire(rule, version))
  }
  return { rules }
}
