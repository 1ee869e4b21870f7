/** A command that does not succeed: what happened, why, and what to do, with the exit code that says so to scripts. */
import { type Ending, exitCodes } from './exit-code.ts'

export interface FailureText {
  /** What happened, one sentence. */
  readonly what: string
  /** Why it happened, one sentence. */
  readonly why: string
  /** What to do now, one sentence. */
  readonly todo: string
}

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly ending: Ending
  readonly text: FailureText

  constructor(ending: Ending, text: FailureText, options?: ErrorOptions) {
    super(text.what, options)
    this.ending = ending
    this.text = text
  }

  get exitCode(): number {
    return exitCodes[this.ending]
  }
}
