/**
 * Actions: rules that take `(event, api)`. One is changed as a draft, which nothing runs but its test; a deploy makes
 * a version of it, which never changes; a deployed Action runs while it is bound to its trigger.
 */
import { type Static, Type } from 'typebox'
import { triggerId } from './action-triggers.ts'
import { actionBase, actionVersion, dependency, deployedVersion, secret } from './action-versions.ts'
import type { Operation } from './operation.ts'
import {
  maxCodeLength,
  maxDependencies,
  packageName,
  packageVersion,
  secretName,
  secretValue,
} from './rule-members.ts'
import { closed, dateTime, displayName, formed, kept, oneOf } from './schema.ts'

/** Kept as it was sent; every Action runs in the same runtime here. */
const runtime = formed('^node[0-9]{1,3}(-actions)?$', 'a release of Node such as node22', { maxLength: 40 })
const code = Type.String({ maxLength: maxCodeLength })

/** The page's number, its size, and how many there are in all. */
export const actionTotals = {
  total: Type.Integer({ minimum: 0 }),
  page: Type.Integer({ minimum: 0 }),
  per_page: Type.Integer({ minimum: 1, maximum: 100 }),
}
export const actionPageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
}

export const action = closed({
  ...actionBase.properties,
  code: Type.String(),
  dependencies: Type.Array(dependency),
  runtime: Type.String(),
  /** A draft that does not compile is refused, and its packages are installed when it is deployed. */
  status: Type.Literal('built'),
  secrets: Type.Array(secret),
  /** The version that runs; absent until the first deploy. */
  deployed_version: Type.Optional(deployedVersion),
  /** The same, in the form that old tools know. */
  current_version: Type.Optional(
    closed({
      ...deployedVersion.properties,
      status: Type.Literal('BUILT'),
      build_time: dateTime,
    }),
  ),
})
export type Action = Static<typeof action>

const sentTrigger = closed({
  id: triggerId,
  version: Type.Optional(oneOf(['v1', 'v2'])),
  status: kept(),
  runtimes: kept(),
  default_runtime: kept(),
  binding_policy: kept(),
  compatible_triggers: kept(),
  url: kept(),
})
const sentDependency = closed({
  name: packageName,
  version: packageVersion,
  /** Empty: packages come from the registry of this server. */
  registry_url: Type.Optional(Type.String({ maxLength: 600 })),
})
/** One without a value keeps the value that is stored. */
const sentSecret = closed({ name: secretName, value: Type.Optional(secretValue), updated_at: kept() })

const settings = {
  code: Type.Optional(code),
  dependencies: Type.Optional(Type.Array(sentDependency, { maxItems: maxDependencies })),
  runtime: Type.Optional(runtime),
  /** The whole list: a secret that is not in it ends. */
  secrets: Type.Optional(Type.Array(sentSecret, { maxItems: 30 })),
  /** Empty: modules of Actions are not offered. */
  modules: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 100 })),
}
const supportedTriggers = Type.Array(sentTrigger, { minItems: 1, maxItems: 1 })

export const actionToCreate = closed({
  name: displayName(255),
  supported_triggers: supportedTriggers,
  ...settings,
  /** Deploys it as well. */
  deploy: Type.Optional(Type.Boolean()),
})
export type ActionToCreate = Static<typeof actionToCreate>

export const actionChange = closed({
  name: Type.Optional(displayName(255)),
  supported_triggers: Type.Optional(supportedTriggers),
  ...settings,
})
export type ActionChange = Static<typeof actionChange>

export const actionsQuery = closed({
  /** At another than `credentials-exchange` there are none. */
  triggerId: Type.Optional(Type.String({ maxLength: 100 })),
  /** The whole name. */
  actionName: Type.Optional(Type.String({ maxLength: 255 })),
  deployed: Type.Optional(Type.Boolean()),
  /** From a marketplace, which does not exist here. */
  installed: Type.Optional(Type.Boolean()),
  ...actionPageQuery,
})
export type ActionsQuery = Static<typeof actionsQuery>

/** Oldest first. */
export const actionPage = closed({ actions: Type.Array(action), ...actionTotals })
export type ActionPage = Static<typeof actionPage>

export const actionVersionPage = closed({ versions: Type.Array(actionVersion), ...actionTotals })
export type ActionVersionPage = Static<typeof actionVersionPage>

export const versionDeploy = closed({
  /** The draft becomes what that version is. */
  update_draft: Type.Optional(Type.Boolean()),
})

const path = '/actions/actions'

export const actionOperations = {
  listActions: {
    method: 'GET',
    path,
    scopes: ['read:actions'],
    query: actionsQuery,
    status: 200,
    plural: 'actions',
    response: actionPage,
  },
  createAction: {
    method: 'POST',
    path,
    scopes: ['create:actions'],
    body: actionToCreate,
    status: 201,
    response: action,
  },
  getAction: {
    method: 'GET',
    path: `${path}/:id`,
    scopes: ['read:actions'],
    status: 200,
    response: action,
  },
  updateAction: {
    method: 'PATCH',
    path: `${path}/:id`,
    summary: 'Change the draft of an Action',
    scopes: ['update:actions'],
    body: actionChange,
    status: 200,
    response: action,
  },
  deleteAction: {
    method: 'DELETE',
    path: `${path}/:id`,
    scopes: ['delete:actions'],
    /** One that is bound goes with its binding, instead of being refused. */
    query: closed({ force: Type.Optional(Type.Boolean()) }),
    status: 204,
  },
  deployAction: {
    method: 'POST',
    path: `${path}/:id/deploy`,
    summary: 'Make a version of the draft of an Action, which runs from the next token request on',
    scopes: ['create:actions'],
    status: 200,
    response: actionVersion,
  },
  listActionVersions: {
    method: 'GET',
    path: `${path}/:id/versions`,
    scopes: ['read:actions'],
    query: closed(actionPageQuery),
    status: 200,
    plural: 'versions',
    response: actionVersionPage,
  },
  getActionVersion: {
    method: 'GET',
    path: `${path}/:id/versions/:versionId`,
    scopes: ['read:actions'],
    status: 200,
    response: actionVersion,
  },
  deployActionVersion: {
    method: 'POST',
    path: `${path}/:id/versions/:versionId/deploy`,
    summary: 'Make a new version that is what an earlier one was',
    scopes: ['create:actions'],
    body: versionDeploy,
    bodyMayBeAbsent: true,
    status: 200,
    response: actionVersion,
  },
  listActionModules: {
    method: 'GET',
    path: '/actions/modules',
    summary: 'An empty list: modules of Actions are not offered',
    scopes: ['read:actions'],
    query: closed(actionPageQuery),
    status: 200,
    plural: 'modules',
    response: closed({ modules: Type.Array(Type.Unknown(), { maxItems: 0 }), ...actionTotals }),
  },
} as const satisfies Record<string, Operation>
