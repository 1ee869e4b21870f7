/**
 * The body of `POST /api/tokens/issue` → a rule upload. The client builds its maps with a path setter, so
 * `a.b=c` arrives nested and `__proto__` as an own member: only flat maps of texts pass, and names that
 * JavaScript treats specially do not.
 */
import { ManagementError } from '../../domain/errors.ts'
import { parseRuleName, type WebtaskDetails } from '../../domain/rule.ts'
import type { RuleUpload } from '../../rules/publish-rule.ts'
import { hookSecretKey, parseRuleState } from './webtask-meta.ts'
import { parseNodeDependencies } from './webtask-modules.ts'

/** UTF-8 bytes of meta and params as JSON: both stand in a token that travels in a query string. */
export const maxToldBytes = 6000

const specialNames = new Set(['__proto__', 'constructor', 'prototype'])
const hostName = /^[A-Za-z0-9.:[\]-]{1,255}$/

/** @throws ManagementError with a sentence that its reader can act on. */
export function parseWebtaskUpload(rawBody: unknown, container: string): RuleUpload {
  const body = requireObject(rawBody)
  refuseOtherContainer(body.ten, container)
  const name = parseName(body.jtn)
  const secrets = parseTexts(body.ectx, 'secret')
  const meta = parseTexts(body.meta, 'meta')
  const params = parseTexts(body.pctx, 'param')
  refuseOversized({ meta, params })
  const state = parseRuleState(meta)
  return {
    door: 'webtask',
    name,
    model: 'callback',
    trigger: 'credentials-exchange',
    source: parseCode(body),
    secrets,
    dependencies: parseNodeDependencies(meta),
    ...state,
    webtask: {
      meta: withoutHookSecret(meta, secrets),
      params,
      mergeBody: Boolean(body.mb),
      parseBody: parseNumber(body.pb),
      host: parseHost(body.host),
    } satisfies WebtaskDetails,
  }
}

interface RawUpload {
  readonly ten?: unknown
  readonly jtn?: unknown
  readonly code?: unknown
  readonly url?: unknown
  readonly ectx?: unknown
  readonly pctx?: unknown
  readonly meta?: unknown
  readonly mb?: unknown
  readonly pb?: unknown
  readonly host?: unknown
}

function requireObject(rawBody: unknown): RawUpload {
  if (typeof rawBody === 'object' && rawBody !== null && !Array.isArray(rawBody)) return { ...rawBody }
  throw new ManagementError('invalid_body', 'The body must be a JSON object that describes the webtask.')
}

function refuseOtherContainer(rawContainer: unknown, container: string): void {
  if (rawContainer === undefined || rawContainer === container) return
  throw new ManagementError(
    'operation_not_supported',
    'The management token is not for this container. Run wt init with the container and token that belong together.',
  )
}

function parseName(rawName: unknown): RuleUpload['name'] {
  const name = typeof rawName === 'string' ? parseRuleName(rawName) : undefined
  if (name !== undefined) return name
  throw new ManagementError(
    'operation_not_supported',
    'A webtask here is a named rule: give it a name (--name) of 1 to 128 of the characters a-z A-Z 0-9 - . _ ~ ! $ + = : @. Other tokens are not issued.',
  )
}

/** Neither code nor url: the stored code stays, as the hooks client relies on when it enables or disables. */
function parseCode(body: RawUpload): string | undefined {
  if (body.url !== undefined && body.url !== '') {
    throw new ManagementError(
      'operation_not_supported',
      'The server does not fetch code from a URL. Send the code itself: download the file first, or add --capture',
    )
  }
  const code = body.code
  if (code === undefined || typeof code === 'string') return code
  throw new ManagementError('operation_not_supported', 'The code must be a text of JavaScript.')
}

function parseTexts(rawMap: unknown, noun: 'secret' | 'meta' | 'param'): Record<string, string> {
  if (rawMap === undefined || rawMap === null) return {}
  if (typeof rawMap !== 'object' || Array.isArray(rawMap)) {
    throw new ManagementError('operation_not_supported', `The ${noun} values must be an object of texts.`)
  }
  for (const [name, value] of Object.entries(rawMap)) {
    if (specialNames.has(name) || typeof value !== 'string') {
      throw new ManagementError(
        'operation_not_supported',
        `The ${noun} ${name} cannot be kept: names hold no dots or brackets and are not __proto__, constructor or prototype, and values are texts.`,
      )
    }
  }
  return Object.fromEntries(Object.entries(rawMap))
}

function refuseOversized(told: Pick<WebtaskDetails, 'meta' | 'params'>): void {
  const bytes = Buffer.byteLength(JSON.stringify(told))
  if (bytes <= maxToldBytes) return
  throw new ManagementError(
    'operation_not_supported',
    `The meta and param values have ${bytes} bytes together; at most ${maxToldBytes} are kept. Use secrets for long values.`,
  )
}

/** The hooks client sends its secret a second time as meta, which is not encrypted. */
function withoutHookSecret(
  meta: Record<string, string>,
  secrets: Record<string, string>,
): WebtaskDetails['meta'] {
  const { [hookSecretKey]: hookSecret, ...rest } = meta
  if (hookSecret === undefined || hookSecret === secrets[hookSecretKey]) return rest
  throw new ManagementError(
    'operation_not_supported',
    `The meta ${hookSecretKey} is kept as a secret of the same name and value: send both, or neither.`,
  )
}

function parseNumber(rawNumber: unknown): number | undefined {
  if (rawNumber === undefined || rawNumber === null) return undefined
  const number = Number(rawNumber)
  if (number === 0 || number === 1 || number === 2) return number
  throw new ManagementError('operation_not_supported', 'The member pb must be 0, 1 or 2.')
}

function parseHost(rawHost: unknown): string | undefined {
  if (rawHost === undefined || rawHost === '') return undefined
  if (typeof rawHost === 'string' && hostName.test(rawHost)) return rawHost
  throw new ManagementError('operation_not_supported', 'The host must be the name or address of a host.')
}
