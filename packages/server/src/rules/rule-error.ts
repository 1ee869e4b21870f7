/**
 * How a rule that did not answer ends an exchange. Two things that look alike are kept apart: a rule that
 * *refuses*, which is its right, and a rule that *failed*, of which the client learns nothing.
 */
import { OAuthError, type OAuthErrorCode } from '../domain/errors.ts'
import type { InvocationOutcome } from '../sandbox/invocation.ts'

const refusalCodes: ReadonlyMap<string, OAuthErrorCode> = new Map([
  ['InvalidRequestError', 'invalid_request'],
  ['InvalidScopeError', 'invalid_scope'],
  ['ServerError', 'server_error'],
])

/** The error a rule handed to its callback: one of the three classes, known by name, or any other error. */
export function refusalOf(errorName: string, message: string): OAuthError {
  const code = refusalCodes.get(errorName)
  if (code) return new OAuthError(code, message)
  return new OAuthError('access_denied', 'A rule refused this request; see the log.', { cause: message })
}

/** What went wrong inside a rule. `cause` is for the log and names it. */
export function failureOf(cause: string): OAuthError {
  return new OAuthError('server_error', 'A rule failed; see the log.', { cause })
}

/** An outcome that is no answer, in one word for the log, in a sentence, and as the error it ends the exchange with. */
export function endOf(outcome: Exclude<InvocationOutcome, { kind: 'returned' }>): {
  ended: string
  sentence: string
  error: OAuthError
} {
  const failed = (ended: string, sentence: string) => ({ ended, sentence, error: failureOf(sentence) })
  switch (outcome.kind) {
    case 'threw': {
      const where = outcome.line === undefined ? '' : ` (line ${outcome.line})`
      return failed('threw', `threw ${outcome.name}: ${outcome.message}${where}`)
    }
    case 'timed_out':
      return failed('timeout', `did not finish within ${outcome.afterMs} ms (timeout)`)
    case 'out_of_memory':
      return failed('out_of_memory', 'used more memory than a rule may have')
    case 'result_refused':
      return failed('bad_result', `returned a result that cannot be used: ${outcome.reason}`)
    case 'runner_lost':
      return failed('runner_lost', 'blocked its runner process, which was ended')
    case 'quarantined':
      return {
        ended: 'quarantined',
        sentence: 'is quarantined for a while after it blocked runners',
        error: unavailable(outcome.retryAfterSeconds),
      }
    case 'overloaded':
      return {
        ended: 'overloaded',
        sentence: 'could not be run: too many rules are waiting',
        error: unavailable(outcome.retryAfterSeconds),
      }
  }
}

function unavailable(retryAfterSeconds: number): OAuthError {
  return new OAuthError(
    'temporarily_unavailable',
    'The rules of this API cannot be run right now; try again later.',
    {
      retryAfterSeconds,
    },
  )
}
