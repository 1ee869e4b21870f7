/**
 * What a webtask's meta says about its rule, and back. The meta is the author's own text; order, client filter and
 * enabled belong to the rule, and the rule wins.
 */
import { type ClientId, parseClientId } from '../../domain/client.ts'
import { ManagementError } from '../../domain/errors.ts'
import type { PipelineRule, Rule } from '../../domain/rule.ts'

export type Meta = Readonly<Record<string, string>>

export interface RuleState {
  readonly order: number
  readonly enabled: boolean
  readonly clientFilter: ClientId | undefined
}

/** Beyond this nobody orders by hand; below it every number is exact in every database. */
export const maxRuleOrder = 1_000_000

const disabledKey = 'auth0-extension-disabled'
const orderKey = 'auth0-extension-order'
const clientKey = 'auth0-extension-client'
/** Sent as meta and as a secret by the hooks client; kept as a secret alone. */
export const hookSecretKey = 'auth0-extension-secret'

/** One text of that time says `client-credentials-exchange`, all others `credentials-exchange`. */
const extensionNames = ['credentials-exchange', 'client-credentials-exchange']
const compiler = /^auth0-ext-compilers(?:@[^/]+)?\/client-credentials-exchange$/

const defaultMeta: Meta = {
  'wt-compiler': 'auth0-ext-compilers/client-credentials-exchange',
  'auth0-extension': 'runtime',
  'auth0-extension-name': 'credentials-exchange',
}

/** @throws ManagementError when the meta does not describe a rule of the token endpoint. */
export function parseRuleState(meta: Meta): RuleState {
  refuseOtherExtensions(meta)
  return {
    order: parseOrder(meta[orderKey]),
    enabled: isEnabled(meta[disabledKey]),
    clientFilter: parseClientFilter(meta[clientKey]),
  }
}

function refuseOtherExtensions(meta: Meta): void {
  if (meta['auth0-extension'] !== 'runtime' || !extensionNames.includes(meta['auth0-extension-name'] ?? '')) {
    throw new ManagementError(
      'operation_not_supported',
      'A webtask here is a rule that runs at each token request. Say so by adding --meta auth0-extension=runtime --meta auth0-extension-name=credentials-exchange',
    )
  }
  const asked = meta['wt-compiler']
  if (asked !== undefined && !compiler.test(asked)) {
    throw new ManagementError(
      'operation_not_supported',
      'The meta wt-compiler names a compiler that is not offered. Leave it out, or add --meta wt-compiler=auth0-ext-compilers/client-credentials-exchange',
    )
  }
}

/** Later clients of that time write "0" for a rule that is enabled; everything else that is not empty disables it. */
function isEnabled(disabled: string | undefined): boolean {
  return disabled === undefined || disabled === '' || disabled === '0'
}

function parseOrder(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  const order = Number(text)
  if (/^-?\d{1,7}$/.test(text) && Math.abs(order) <= maxRuleOrder) return order
  throw new ManagementError(
    'operation_not_supported',
    `The meta ${orderKey} must be a whole number from -${maxRuleOrder} to ${maxRuleOrder}; rules run in ascending order.`,
  )
}

function parseClientFilter(text: string | undefined): ClientId | undefined {
  if (text === undefined || text === '') return undefined
  const clientId = parseClientId(text)
  if (clientId !== undefined) return clientId
  throw new ManagementError(
    'operation_not_supported',
    `The meta ${clientKey} must be the id of the one client for which the rule shall run.`,
  )
}

/** The stored meta, corrected by what has since been changed through another door. */
export function metaOf({ rule, version }: PipelineRule): Meta {
  const meta = new Map(Object.entries(version.webtask?.meta ?? defaultMeta))
  correct(meta, disabledKey, isEnabled(meta.get(disabledKey)) === rule.enabled, rule.enabled ? '' : '1')
  correct(meta, orderKey, orderOf(meta) === rule.order, rule.order === 0 ? '' : String(rule.order))
  const sameClient = (meta.get(clientKey) || undefined) === rule.clientFilter
  correct(meta, clientKey, sameClient, rule.clientFilter ?? '')
  return Object.fromEntries(meta)
}

function orderOf(meta: ReadonlyMap<string, string>): Rule['order'] {
  return Number(meta.get(orderKey) || '0')
}

function correct(meta: Map<string, string>, key: string, isTrue: boolean, value: string): void {
  if (isTrue) return
  if (value === '') meta.delete(key)
  else meta.set(key, value)
}
