/** One run of a trust rule, in the same sandbox and within the same limits as every other rule. */
import type { ClientId } from '../domain/client.ts'
import type { OAuthError } from '../domain/errors.ts'
import { maxTrustRuleBytes, type TrustedIssuer } from '../domain/trusted-issuer.ts'
import type { Sandbox } from '../sandbox/invocation.ts'
import { compileRefusal } from './build-rule.ts'
import { createMask } from './masking.ts'
import { endOf, failureOf } from './rule-error.ts'
import { RuleRefusedError } from './rule-refused.ts'
import { parseTrustRuleAnswer, type TrustRuleInput, trustRuleProgram } from './trust-rule-model.ts'

export interface TrustRuleDeps {
  readonly sandbox: Pick<Sandbox, 'invoke'>
  readonly newSeed: () => string
}

export interface TrustRuleRun {
  readonly outcome:
    | { readonly kind: 'returned'; readonly clientId: ClientId | undefined }
    /** It failed, and a rule that fails proves nobody. `sentence` is for the operator. */
    | { readonly kind: 'failed'; readonly sentence: string; readonly error: OAuthError }
  /** What it printed. */
  readonly console: readonly string[]
}

export type RunTrustRule = (
  trusted: Pick<TrustedIssuer, 'tenantId' | 'id' | 'name' | 'updatedAt'> & { readonly ruleSource: string },
  input: TrustRuleInput,
  egressAllow: readonly string[],
) => Promise<TrustRuleRun>

/** Its input is no secret that it could print by mistake, and it has no others. */
const mask = createMask([])

export function createRunTrustRule({ sandbox, newSeed }: TrustRuleDeps): RunTrustRule {
  return async function runTrustRule(trusted, input, egressAllow) {
    const name = `of the trusted issuer ${trusted.name}`
    const { outcome, console } = await sandbox.invoke({
      program: {
        // Each change moves the time on, so that one id is one code.
        id: `${trusted.id}@${trusted.updatedAt.getTime()}`,
        owner: trusted.tenantId,
        load: async () => trustRuleProgram(trusted.ruleSource),
      },
      inputJson: JSON.stringify(input),
      seed: newSeed(),
      egressAllow,
      onConsole: () => {},
    })
    const lines = console.map(({ text }) => text)
    if (outcome.kind !== 'returned') {
      const { sentence, error } = endOf(name, outcome, mask)
      return { outcome: { kind: 'failed', sentence, error }, console: lines }
    }
    try {
      return {
        outcome: { kind: 'returned', clientId: parseTrustRuleAnswer(outcome.rawValue) },
        console: lines,
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      const sentence = `The rule ${name} failed: ${error.message}.`
      return { outcome: { kind: 'failed', sentence, error: failureOf(sentence, sentence) }, console: lines }
    }
  }
}

export type CheckTrustRule = (source: string) => Promise<void>

/** @throws RuleRefusedError from the function it returns: the source is too large, or no JavaScript. */
export function createCheckTrustRule({
  sandbox,
}: {
  readonly sandbox: Pick<Sandbox, 'compile'>
}): CheckTrustRule {
  return async function checkTrustRule(source) {
    const bytes = Buffer.byteLength(source)
    if (bytes > maxTrustRuleBytes) {
      throw new RuleRefusedError(
        'too_large',
        `The rule has ${bytes} bytes; at most ${maxTrustRuleBytes} are allowed.`,
      )
    }
    const compiled = await sandbox.compile(trustRuleProgram(source))
    if (compiled.kind !== 'compiled') throw compileRefusal(compiled, true)
  }
}
