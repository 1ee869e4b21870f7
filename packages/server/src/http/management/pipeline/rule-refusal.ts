/** What the rules room refuses to publish, as a refusal of this API: the message is for the author of the code. */
import { ManagementError } from '../../../domain/errors.ts'
import { BuildError } from '../../../domain/rule-build.ts'
import { RuleRefusedError } from '../../../rules/rule-refused.ts'

/** @throws ManagementError `invalid_body` for what cannot become a rule */
export async function refusingBadRules<Made>(publish: () => Promise<Made>): Promise<Made> {
  try {
    return await publish()
  } catch (error) {
    if (!(error instanceof RuleRefusedError || error instanceof BuildError)) throw error
    throw new ManagementError('invalid_body', error.message, { cause: error })
  }
}
