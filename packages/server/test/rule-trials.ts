/** Tries rules in one real sandbox, each by itself, as their authors do. */
import { parseScope, type Scope } from '../src/domain/resource-server.ts'
import type { RuleModel } from '../src/domain/rule.ts'
import type { MaskedLine } from '../src/rules/invoke-rule.ts'
import { ruleProgram } from '../src/rules/rule-program.ts'
import { createTryRule } from '../src/rules/try-rule.ts'
import type { SandboxLimits } from '../src/sandbox/invocation.ts'
import { startTestSandbox, testLimits } from './sandbox/start-test-sandbox.ts'

export interface Given {
  readonly event?: unknown
  readonly secrets?: Record<string, string>
  readonly granted?: string[]
}

export type RuleTrials = Awaited<ReturnType<typeof startRuleTrials>>

export async function startRuleTrials(limits: Partial<SandboxLimits> = {}) {
  const box = await startTestSandbox({ limits: { ...testLimits, ...limits } })
  const tryRule = createTryRule({ sandbox: box.sandbox, now: () => new Date() })
  let programs = 0

  async function tryOut(model: RuleModel, source: string, given: Given = {}) {
    const lines: MaskedLine[] = []
    const run = await tryRule({
      name: 'tried',
      model,
      program: {
        id: `tried-${++programs}`,
        owner: 'tests',
        load: async () => ruleProgram(model, { source, program: undefined, modules: undefined }),
      },
      rawEvent: given.event ?? {},
      secrets: given.secrets ?? {},
      granted: given.granted?.map(parseScope).filter((scope): scope is Scope => scope !== undefined),
      egressAllow: [],
      seed: Buffer.alloc(32, 1).toString('base64url'),
      onLine: (line) => lines.push(line),
    })
    return { ...run, decision: run.verdict.decision, lines }
  }

  const action = (body: string, given: Given = {}) =>
    tryOut('action', `exports.onExecuteCredentialsExchange = async (event, api) => {${body}\n}`, given)

  return {
    tryOut,
    /** An Action with this body. */
    action,
    /** What an Action saw, which it hands out as a claim. */
    async seen(expression: string, given: Given = {}): Promise<unknown> {
      const { decision } = await action(`api.accessToken.setCustomClaim('seen', ${expression})`, given)
      if (decision.kind === 'ended') throw decision.error
      return decision.claims.seen
    },
    close: () => box[Symbol.asyncDispose](),
  }
}
