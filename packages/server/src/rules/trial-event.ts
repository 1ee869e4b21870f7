/**
 * The event of a trial: what its author gave, laid over a sample, so that only what matters to the rule has to be
 * written down. A callback rule takes an Action's event, too, in which the same things have other names.
 */
import type { Scope } from '../domain/resource-server.ts'
import type { RuleModel } from '../domain/rule.ts'
import { isDeeperThan } from './json-depth.ts'
import { parseRuleScopes } from './rule-scopes.ts'

/** The event cannot be one. The message names what is wrong in it. */
export class TrialEventError extends Error {
  override readonly name = 'TrialEventError'
}

export interface TrialEvent {
  /** What the surroundings of the rule's model take as its input. */
  readonly input: unknown
  /** About to be issued. */
  readonly scopes: readonly Scope[]
  /** Values that are secret because they are given as secrets in the event itself. */
  readonly secretValues: readonly string[]
}

type Json = Readonly<Record<string, unknown>>

/** No request is nested like that; what is by thousands cannot be written as JSON again. */
const maxEventDepth = 100

/** The event of a machine that asks for a token. */
export const sampleEvent = {
  accessToken: { customClaims: {}, scope: ['read', 'write'] },
  client: { client_id: 'sampleClientId', name: 'Sample client', metadata: { plan: 'free' } },
  request: {
    body: { grant_type: 'client_credentials', audience: 'https://api.example.com/' },
    geoip: {},
    hostname: 'tokens.example.com',
    ip: '192.0.2.1',
    method: 'POST',
    user_agent: 'sample/1.0',
  },
  resource_server: { identifier: 'https://api.example.com/' },
  secrets: {},
  tenant: { id: 'sample' },
  transaction: { correlation_id: '00000000-0000-7000-8000-000000000000', requested_scopes: [] },
}

/** `secrets` count more than those of the event. @throws TrialEventError */
export function trialEvent(
  model: RuleModel,
  rawEvent: unknown,
  secrets: Readonly<Record<string, string>>,
): TrialEvent {
  if (isDeeperThan(rawEvent, maxEventDepth)) {
    throw new TrialEventError(`The event is nested deeper than ${maxEventDepth} levels.`)
  }
  const given = requireObject(rawEvent, 'The event')
  return model === 'callback' ? callbackTrial(given, secrets) : actionTrial(given, secrets)
}

function actionTrial(given: Json, secrets: Readonly<Record<string, string>>): TrialEvent {
  const event = laidOver(sampleEvent, {
    ...given,
    secrets: { ...textsOf(given.secrets, 'secrets'), ...secrets },
  })
  const accessToken = requireObject(event.accessToken, 'accessToken')
  const transaction = requireObject(event.transaction, 'transaction')
  const scopes = scopesOf(accessToken.scope, 'accessToken.scope')
  scopesOf(transaction.requested_scopes, 'transaction.requested_scopes')
  requireObject(accessToken.customClaims, 'accessToken.customClaims')
  return {
    input: { event: { ...event, transaction: { target_scopes: scopes, ...transaction } }, cache: [] },
    scopes,
    secretValues: Object.values(textsOf(event.secrets, 'secrets')),
  }
}

function callbackTrial(given: Json, secrets: Readonly<Record<string, string>>): TrialEvent {
  const isCallbacks = ['scope', 'audience', 'context'].some((name) => Object.hasOwn(given, name))
  const input = isCallbacks
    ? laidOver(callbackInputOf(sampleEvent), given)
    : callbackInputOf(laidOver(sampleEvent, given))
  const context = requireObject(input.context, 'context')
  const webtask = requireObject(context.webtask, 'context.webtask')
  const all = { ...textsOf(webtask.secrets, 'context.webtask.secrets'), ...secrets }
  const data = { ...requireObject(webtask.data, 'context.webtask.data'), ...all }
  const scopes = scopesOf(input.scope, 'scope')
  return {
    input: { ...input, scope: scopes, context: { ...context, webtask: { ...webtask, secrets: all, data } } },
    scopes,
    secretValues: Object.values(all),
  }
}

/** An Action's event as the arguments of a callback rule. */
function callbackInputOf(event: Json): Json {
  const [client, request, accessToken] = [event.client, event.request, event.accessToken].map(Object)
  return {
    client: {
      tenant: Object(event.tenant).id,
      id: client.client_id,
      name: client.name,
      metadata: client.metadata,
    },
    scope: accessToken.scope,
    audience: Object(event.resource_server).identifier,
    context: {
      ip: request.ip,
      userAgent: request.user_agent ?? '',
      webtask: {
        secrets: event.secrets,
        meta: {},
        params: {},
        query: {},
        data: {},
        body: request.body,
        headers: {},
      },
    },
  }
}

/** Objects are laid over objects, member by member; whatever else is given replaces what is there. */
function laidOver(below: Json, above: Json): Json {
  const members = Object.entries(above).map(([name, value]): [string, unknown] => {
    const other = Object.hasOwn(below, name) ? below[name] : undefined
    return [name, isObject(value) && isObject(other) && !isFree(name) ? laidOver(other, value) : value]
  })
  return { ...below, ...Object.fromEntries(members) }
}

/** What is the client's or the request's own is taken as it is given: a sample's members would be strangers in it. */
function isFree(name: string): boolean {
  return name === 'metadata' || name === 'body' || name === 'customClaims'
}

function scopesOf(rawScopes: unknown, member: string): Scope[] {
  try {
    return parseRuleScopes(rawScopes)
  } catch {
    throw new TrialEventError(`${member} must be an array of scopes.`)
  }
}

function textsOf(value: unknown, member: string): Record<string, string> {
  const texts = Object.entries(value === undefined ? {} : requireObject(value, member))
  if (!texts.every(([, text]) => typeof text === 'string')) {
    throw new TrialEventError(`${member} must have texts as its values.`)
  }
  return Object.fromEntries(texts) as Record<string, string>
}

function requireObject(value: unknown, member: string): Json {
  if (!isObject(value)) throw new TrialEventError(`${member} must be an object.`)
  return value
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
