/**
 * The callback programming model of 2016: `module.exports = function (client, scope, audience, context, cb)`.
 * Two halves: the code that surrounds the operator's source inside the sandbox, and the parser of what comes
 * back, which believes none of it.
 */
import type { ProgramCode } from '../sandbox/invocation.ts'

/** What one callback rule is called with; all of it is copied by JSON, so no rule sees another's changes. */
export interface CallbackInput {
  readonly client: { tenant: string; id: string; name: string; metadata: Readonly<Record<string, string>> }
  readonly scope: readonly string[]
  readonly audience: string
  readonly context: {
    ip: string
    userAgent: string
    webtask: {
      secrets: Readonly<Record<string, string>>
      meta: Readonly<Record<string, string>>
      params: Readonly<Record<string, string>>
      query: Readonly<Record<string, unknown>>
      data: Readonly<Record<string, unknown>>
      body: Readonly<Record<string, unknown>>
      headers: Readonly<Record<string, string>>
    }
  }
}

/** What the adapter hands over, parsed: the callback's error or its result. */
export type CallbackAnswer =
  | { readonly kind: 'refused'; readonly errorName: string; readonly message: string }
  | { readonly kind: 'answered'; readonly result: Readonly<Record<string, unknown>> }

// The error classes of the retired compiler, which operators use without requiring them. On one line, in the
// same function body as the source: a rule that declares one of the names again does not compile, as it never did.
const prologue = [
  'class ExtensibilityUserError extends Error { constructor(message) { super(message); this.name = this.constructor.name } }',
  'class InvalidRequestError extends ExtensibilityUserError {}',
  'class InvalidScopeError extends ExtensibilityUserError {}',
  'class ServerError extends ExtensibilityUserError {}',
].join('; ')

const adapter = `(exported) => {
  const notOffered = ['storage', 'token', 'create_token', 'create_token_url']
  const messageOf = (error) => {
    if (error instanceof Error) return String(error.message)
    if (error !== null && typeof error === 'object' && 'message' in error) return String(error.message)
    return String(error)
  }
  return (input, settle, fail) => {
    // A module's \`export default\`, which its compiler marks; a default that a script sets by hand means nothing.
    const rule = exported?.__esModule === true ? exported.default : exported
    if (typeof rule !== 'function') {
      fail(new TypeError('The rule must export a function (client, scope, audience, context, cb).'))
      return
    }
    for (const name of notOffered) {
      Object.defineProperty(input.context.webtask, name, {
        get() { throw new Error('context.webtask.' + name + ' is not offered here.') },
      })
    }
    const cb = (error, result) => {
      if (error) {
        settle({ refused: { name: error instanceof Error ? String(error.name) : 'Error', message: messageOf(error) } })
        return
      }
      settle({ answered: result === undefined ? null : result })
    }
    const returned = rule.call(undefined, input.client, input.scope, input.audience, input.context, cb)
    if (returned !== null && typeof returned === 'object' && typeof returned.then === 'function') {
      returned.then(undefined, fail)
    }
  }
}`

/** What stands around the source of a callback rule. */
export const callbackModel: Pick<ProgramCode, 'prologue' | 'adapter'> = { prologue, adapter }

/**
 * Parses what a callback rule handed over. A result that is no object (a string, a number, nothing) counts
 * as an empty one: it sets no claim and, having no `scope`, empties the set.
 * @throws TypeError when the value is not what the adapter makes; only a tampering rule achieves that.
 */
export function parseCallbackAnswer(rawValue: unknown): CallbackAnswer {
  if (!isRecord(rawValue)) throw new TypeError('The rule tampered with its answer.')
  if ('refused' in rawValue) {
    const { refused } = rawValue
    if (!isRecord(refused) || typeof refused.name !== 'string' || typeof refused.message !== 'string') {
      throw new TypeError('The rule tampered with its answer.')
    }
    return { kind: 'refused', errorName: refused.name, message: refused.message }
  }
  if (!('answered' in rawValue)) throw new TypeError('The rule tampered with its answer.')
  return { kind: 'answered', result: isRecord(rawValue.answered) ? rawValue.answered : {} }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
