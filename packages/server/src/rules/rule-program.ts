/** What the sandbox is given for a rule: its code as it runs, within what its model puts around it. */
import type { RuleModel, RuleModules } from '../domain/rule.ts'
import type { ProgramCode } from '../sandbox/invocation.ts'
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

const surroundings: Record<RuleModel, Pick<ProgramCode, 'prologue' | 'adapter'>> = {
  callback: callbackModel,
  action: actionModel,
}
