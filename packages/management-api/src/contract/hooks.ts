/**
 * Hooks: callback rules at one of the points where Auth0 ran foreign code. One of each point is enabled at most; those
 * of `credentials-exchange` run, before any Action, and those of the other points are kept and never run.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { maxCodeLength, maxDependencies, packageVersion, secretName, secretValues } from './rule-members.ts'
import { closed, fieldsQuery, formed, hiddenValue, oneOf, pageQuery, record, totals } from './schema.ts'

export const hookTriggers = [
  'credentials-exchange',
  'pre-user-registration',
  'post-user-registration',
  'post-change-password',
  'send-phone-message',
] as const

export const maxSecretsPerHook = 20

const name = formed(
  '^[A-Za-z0-9](?:[A-Za-z0-9 -]*[A-Za-z0-9])?$',
  'letters and digits, and between them spaces and dashes',
  { maxLength: 128 },
)
const script = Type.String({ minLength: 1, maxLength: maxCodeLength })
const triggerId = oneOf(hookTriggers)
/** Packages of npm with one exact version each: `{ "lodash": "4.17.21" }`. */
const dependencies = record(packageVersion, { maxMembers: maxDependencies, maxLength: 214 })

const listedMembers = {
  id: Type.String(),
  name: Type.String(),
  triggerId,
  enabled: Type.Boolean(),
  dependencies: Type.Record(Type.String(), Type.String()),
}

/** As lists tell of it: without its script. */
export const listedHook = closed(listedMembers)
export type ListedHook = Static<typeof listedHook>

export const hook = closed({ ...listedMembers, script: Type.String() })
export type Hook = Static<typeof hook>

export const hookToCreate = closed({
  name,
  script,
  triggerId,
  /** Disabled when absent. */
  enabled: Type.Optional(Type.Boolean()),
  dependencies: Type.Optional(dependencies),
})
export type HookToCreate = Static<typeof hookToCreate>

/** Enabling a Hook disables the one that was enabled at its point. */
export const hookChange = closed({
  name: Type.Optional(name),
  script: Type.Optional(script),
  enabled: Type.Optional(Type.Boolean()),
  dependencies: Type.Optional(dependencies),
})
export type HookChange = Static<typeof hookChange>

export const hooksQuery = closed({
  ...pageQuery,
  ...fieldsQuery,
  enabled: Type.Optional(Type.Boolean()),
  triggerId: Type.Optional(triggerId),
})
export type HooksQuery = Static<typeof hooksQuery>

/** Oldest first. */
export const hookList = Type.Array(listedHook)
export const hookPage = closed({ ...totals, hooks: hookList })
export type HookPage = Static<typeof hookPage>

/** The names; in place of each value stands the same text. */
export const hookSecrets = Type.Record(Type.String(), Type.Literal(hiddenValue))
export type HookSecrets = Static<typeof hookSecrets>

const sentSecrets = secretValues(maxSecretsPerHook)
export type SentHookSecrets = Static<typeof sentSecrets>

const secretNames = Type.Array(secretName, { minItems: 1, maxItems: maxSecretsPerHook })

export const hookOperations = {
  listHooks: {
    method: 'GET',
    path: '/hooks',
    scopes: ['read:hooks'],
    query: hooksQuery,
    status: 200,
    plural: 'hooks',
    response: Type.Union([hookList, hookPage]),
  },
  createHook: {
    method: 'POST',
    path: '/hooks',
    scopes: ['create:hooks'],
    body: hookToCreate,
    status: 201,
    response: hook,
  },
  getHook: {
    method: 'GET',
    path: '/hooks/:id',
    scopes: ['read:hooks'],
    query: closed(fieldsQuery),
    status: 200,
    response: hook,
  },
  updateHook: {
    method: 'PATCH',
    path: '/hooks/:id',
    scopes: ['update:hooks'],
    body: hookChange,
    status: 200,
    response: hook,
  },
  deleteHook: {
    method: 'DELETE',
    path: '/hooks/:id',
    scopes: ['delete:hooks'],
    status: 204,
  },
  getHookSecrets: {
    method: 'GET',
    path: '/hooks/:id/secrets',
    summary: 'List the names of the secrets of a Hook',
    scopes: ['read:hooks'],
    status: 200,
    response: hookSecrets,
  },
  addHookSecrets: {
    method: 'POST',
    path: '/hooks/:id/secrets',
    summary: 'Add secrets to a Hook',
    scopes: ['update:hooks'],
    body: sentSecrets,
    status: 201,
    response: closed({}),
  },
  changeHookSecrets: {
    method: 'PATCH',
    path: '/hooks/:id/secrets',
    summary: 'Change secrets of a Hook, and add those it does not have',
    scopes: ['update:hooks'],
    body: sentSecrets,
    status: 201,
    response: closed({}),
  },
  removeHookSecrets: {
    method: 'DELETE',
    path: '/hooks/:id/secrets',
    summary: 'Remove secrets of a Hook by their names',
    scopes: ['delete:hooks'],
    body: secretNames,
    status: 204,
  },
} as const satisfies Record<string, Operation>
