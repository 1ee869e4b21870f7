import type { BuildFault } from '../domain/rule-build.ts'

export type RuleRefusal =
  | BuildFault
  | 'no_source'
  | 'unknown_module'
  | 'bad_secret'
  | 'too_many_secrets'
  | 'too_many_rules'

/** The upload cannot become a rule; nothing has changed. The message is for its author. */
export class RuleRefusedError extends Error {
  override readonly name = 'RuleRefusedError'
  readonly reason: RuleRefusal
  /** In the source, from 1. */
  readonly position: { readonly line: number; readonly column: number } | undefined

  constructor(reason: RuleRefusal, message: string, position?: { line: number; column: number }) {
    super(message)
    this.reason = reason
    this.position = position
  }
}
