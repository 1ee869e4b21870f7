/**
 * The programming model of trust rules: `module.exports = (claims, header) => client id`. Two halves: the code around the
 * operator's source inside the sandbox, and the parser of what comes back, which believes none of it.
 */
import { type ClientId, parseClientId } from '../domain/client.ts'
import type { ProgramCode } from '../sandbox/invocation.ts'

/** What a trust rule is called with. Its claims are verified; the token itself is not among it. */
export interface TrustRuleInput {
  readonly claims: Readonly<Record<string, unknown>>
  readonly header: Readonly<Record<string, unknown>>
}

const adapter = `(exported) => (input, settle, fail) => {
  const rule = exported?.__esModule === true ? exported.default : exported
  if (typeof rule !== 'function') {
    fail(new TypeError('The trust rule must export a function (claims, header).'))
    return
  }
  const ended = (async () => rule.call(undefined, input.claims, input.header))()
  ended.then((clientId) => settle({ clientId: clientId === undefined ? null : clientId }), fail)
}`

export function trustRuleProgram(source: string): ProgramCode {
  return { prologue: '', source, adapter, modules: undefined }
}

/**
 * Undefined: the rule gives the token to no client, by returning nothing.
 * @throws TypeError for everything that is neither nothing nor a client id: a rule that errs proves nobody.
 */
export function parseTrustRuleAnswer(rawValue: unknown): ClientId | undefined {
  const { clientId }: { readonly clientId?: unknown } = Object(rawValue)
  if (clientId === null) return undefined
  const id = typeof clientId === 'string' ? parseClientId(clientId) : undefined
  if (id === undefined) throw new TypeError('it returned something that is neither nothing nor a client id')
  return id
}
