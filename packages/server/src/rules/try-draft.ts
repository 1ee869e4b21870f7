/** The test of a draft: with its own packages and secrets, and with what its tenant may fetch from. */
import type { RuleVersionId } from '../domain/rule.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { Encryption } from '../keys/secret/encryption.ts'
import { openDraftSecrets } from './action-draft.ts'
import type { BuildRule } from './build-rule.ts'
import type { JudgedInvocation } from './invoke-rule.ts'
import { createMask, maskedJson } from './masking.ts'
import type { StoredAction } from './publish-draft.ts'
import { ruleProgram } from './rule-program.ts'
import type { TryRule } from './try-rule.ts'

export interface TryDraftDeps {
  readonly tryRule: TryRule
  readonly encryption: Encryption
  readonly buildRule: Pick<BuildRule, 'build'>
  readonly newRuleVersionId: () => RuleVersionId
  /** 32 random bytes, base64url. */
  readonly newSeed: () => string
}

/**
 * `rawEvent` is laid over a sample.
 * @throws TrialEventError; RuleRefusedError when the draft's packages cannot be installed.
 */
export type TryDraft = (tenant: Tenant, action: StoredAction, rawEvent: unknown) => Promise<JudgedInvocation>

export function createTryDraft(deps: TryDraftDeps): TryDraft {
  return async function tryDraft(tenant, { rule, draft }, rawEvent) {
    const { source, dependencies } = draft
    const built = await deps.buildRule.build({ model: 'action', source, dependencies })
    const secrets = openDraftSecrets(deps.encryption, draft)
    const tried = await deps.tryRule({
      name: rule.name,
      model: 'action',
      // A program of its own each time: nothing of an earlier test is left in its globals.
      program: {
        id: deps.newRuleVersionId(),
        owner: tenant.id,
        load: async () => ruleProgram('action', { source, ...built }),
      },
      rawEvent,
      secrets,
      granted: undefined,
      egressAllow: tenant.egressAllow,
      seed: deps.newSeed(),
      onLine: () => undefined,
    })
    return withoutSecrets(tried, createMask(Object.values(secrets)))
  }
}

/** Who may test an Action is told what it did, and not its secrets. Its lines and errors are masked already. */
function withoutSecrets(tried: JudgedInvocation, mask: (text: string) => string): JudgedInvocation {
  const { decision } = tried.verdict
  if (decision.kind === 'ended') return tried
  const claims = JSON.parse(maskedJson(decision.claims, mask))
  const scopes = decision.scopes.filter((scope) => mask(scope) === scope)
  return { ...tried, verdict: { ...tried.verdict, decision: { ...decision, claims, scopes } } }
}
