/** What the sandbox is given for a rule: its code as it runs, within what its model puts around it. */
import type { PipelineRule, RuleModel, RuleModules, RuleStore } from '../domain/rule.ts'
import { GoneError } from '../domain/storage.ts'
import type { Program, ProgramCode } from '../sandbox/invocation.ts'
import { actionModel } from './action-model.ts'
import { callbackModel } from './callback-model.ts'

interface Built {
  readonly source: string
  /** Undefined where the source itself runs. */
  readonly program: string | undefined
  readonly modules: RuleModules | undefined
}

export function ruleProgram(model: RuleModel, { source, program, modules }: Built): ProgramCode {
  return { ...surroundings[model], source: program ?? source, modules }
}

/** A version is kept for longer than it can run, unless its tenant is removed while a request is under way. */
export function storedProgram(
  rules: Pick<RuleStore, 'findVersion'>,
  { rule: { tenantId, name, model }, version }: PipelineRule,
): Program {
  return {
    id: version.id,
    owner: tenantId,
    load: async () => {
      const stored = await rules.findVersion(tenantId, version.id)
      if (!stored) throw new GoneError(`version ${version.id} of the rule ${name}`)
      return ruleProgram(model, stored)
    },
  }
}

const surroundings: Record<RuleModel, Pick<ProgramCode, 'prologue' | 'adapter'>> = {
  callback: callbackModel,
  action: actionModel,
}
