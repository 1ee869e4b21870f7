/**
 * The pipeline: the ordered rules of a tenant. A change of a rule's code or secrets makes a new version,
 * which the next token request runs; versions never change. Secrets go in and never come out.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, formed, nullable, oneOf, record } from './schema.ts'

const ruleName = formed(
  '^[-A-Za-z0-9._~!$+=:@]{1,128}$',
  '1 to 128 of the characters a-z A-Z 0-9 - . _ ~ ! $ + = : @',
)
const ruleId = Type.String({ minLength: 1, maxLength: 64 })
const order = Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 })
/** UTF-8 bytes are what counts: 100,000; the server says so when it refuses. */
const code = Type.String({ minLength: 1, maxLength: 100_000 })
const secretValue = Type.String({ maxLength: 4096 })
const secretLimits = { maxMembers: 30, maxLength: 128 }

export const ruleVersion = closed({
  id: Type.String(),
  /** 1, 2, 3 … within the rule. */
  number: Type.Integer({ minimum: 1 }),
  active: Type.Boolean(),
  /** The names; a value cannot be read back. */
  secrets: Type.Array(Type.String()),
  created_at: dateTime,
})
export type RuleVersion = Static<typeof ruleVersion>

export const ruleVersionWithCode = closed({ ...ruleVersion.properties, code: Type.String() })
export type RuleVersionWithCode = Static<typeof ruleVersionWithCode>

export const rule = closed({
  id: Type.String(),
  name: Type.String(),
  door: oneOf(['webtask', 'hook', 'action']),
  model: oneOf(['callback', 'action']),
  /** Ascending; rules of the same order run by name. */
  order,
  enabled: Type.Boolean(),
  /** Runs for this client only; for every client when null. */
  client_id: nullable(Type.String()),
  version: ruleVersion,
  created_at: dateTime,
  updated_at: dateTime,
})
export type Rule = Static<typeof rule>

export const ruleWithCode = closed({ ...rule.properties, code: Type.String() })
export type RuleWithCode = Static<typeof ruleWithCode>

export const ruleList = Type.Array(rule)

/** All rules, enabled or not, in the order in which the enabled ones run. */
export const pipeline = closed({ rules: ruleList })
export type Pipeline = Static<typeof pipeline>

/** The ids of all rules of the pipeline, first to last. */
export const pipelineOrder = closed({
  order: Type.Array(ruleId, { maxItems: 300, uniqueItems: true }),
})
export type PipelineOrder = Static<typeof pipelineOrder>

const nullableClientId = nullable(Type.String({ minLength: 1, maxLength: 64 }))

export const ruleToCreate = closed({
  name: ruleName,
  code,
  secrets: Type.Optional(record(secretValue, secretLimits)),
  /** Behind all others when absent. */
  order: Type.Optional(order),
  enabled: Type.Optional(Type.Boolean()),
  client_id: Type.Optional(nullableClientId),
})
export type RuleToCreate = Static<typeof ruleToCreate>

export const ruleChange = closed({
  code: Type.Optional(code),
  /** Merged into what is there: null removes a secret; one that is not named keeps its value. */
  secrets: Type.Optional(
    record(nullable(secretValue), { ...secretLimits, maxMembers: 2 * secretLimits.maxMembers }),
  ),
  order: Type.Optional(order),
  enabled: Type.Optional(Type.Boolean()),
  client_id: Type.Optional(nullableClientId),
})
export type RuleChange = Static<typeof ruleChange>

/** Newest first. */
export const ruleVersionList = Type.Array(ruleVersion)

export const pipelineOperations = {
  getPipeline: {
    method: 'GET',
    path: '/pipeline',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: pipeline,
  },
  orderPipeline: {
    method: 'PATCH',
    path: '/pipeline',
    scopes: ['update:pipeline_rules'],
    body: pipelineOrder,
    status: 200,
    response: pipeline,
  },
  listRules: {
    method: 'GET',
    path: '/pipeline/rules',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: ruleList,
  },
  createRule: {
    method: 'POST',
    path: '/pipeline/rules',
    scopes: ['create:pipeline_rules'],
    body: ruleToCreate,
    status: 201,
    response: ruleWithCode,
  },
  getRule: {
    method: 'GET',
    path: '/pipeline/rules/:id',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: ruleWithCode,
  },
  updateRule: {
    method: 'PATCH',
    path: '/pipeline/rules/:id',
    scopes: ['update:pipeline_rules'],
    body: ruleChange,
    status: 200,
    response: ruleWithCode,
  },
  deleteRule: {
    method: 'DELETE',
    path: '/pipeline/rules/:id',
    scopes: ['delete:pipeline_rules'],
    status: 204,
  },
  listRuleVersions: {
    method: 'GET',
    path: '/pipeline/rules/:id/versions',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: ruleVersionList,
  },
  getRuleVersion: {
    method: 'GET',
    path: '/pipeline/rules/:id/versions/:versionId',
    scopes: ['read:pipeline_rules'],
    status: 200,
    response: ruleVersionWithCode,
  },
} as const satisfies Record<string, Operation>
