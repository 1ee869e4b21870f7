/** How `wt` ends. The numbers are those of the public client: scripts written for it depend on them. */

export const wtEndings = {
  done: { code: 0, meaning: 'Done.' },
  cancelled: { code: 1, meaning: 'Cancelled.' },
  usage: { code: 2, meaning: 'Wrong usage: nothing was attempted.' },
  no_profile: { code: 3, meaning: 'There is no profile yet: run wt init.' },
  timeout: { code: 4, meaning: 'Nothing came in time.' },
  not_found: { code: 5, meaning: 'The webtask or the profile does not exist.' },
  refused: { code: 6, meaning: 'The server refused the request.' },
  unavailable: { code: 7, meaning: 'The server cannot be reached, failed, or refused to send its log.' },
  not_allowed: { code: 8, meaning: 'The server refused to create or update the webtask.' },
  unexpected: { code: 99, meaning: 'Something is broken, for example the profile file.' },
} as const

export type WtEnding = keyof typeof wtEndings

export interface WtFailureDetails extends ErrorOptions {
  /** HTTP status, when a server answered. */
  readonly status?: number
}

/** A command that does not succeed. The message says what happened, why, and what to do. */
export class WtFailure extends Error {
  override readonly name = 'WtFailure'
  readonly ending: WtEnding
  readonly status: number | undefined

  constructor(ending: WtEnding, message: string, details: WtFailureDetails = {}) {
    super(message, details)
    this.ending = ending
    this.status = details.status
  }
}
