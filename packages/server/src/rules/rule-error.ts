/**
 * How a rule that did not answer ends an exchange. Two things that look alike are kept apart: a rule that
 * *refuses*, which is its right, and a rule that *failed*, of which the client learns nothing.
 */
import { OAuthError, type OAuthErrorCode } from '../domain/errors.ts'
import { type InvocationOutcome, maxThrownMessageLength, maxThrownNameLength } from '../sandbox/invocation.ts'
import type { Mask } from './masking.ts'

const refusalCodes: ReadonlyMap<string, OAuthErrorCode> = new Map([
  ['InvalidRequestError', 'invalid_request'],
  ['InvalidScopeError', 'invalid_scope'],
  ['ServerError', 'server_error'],
])

/**
 * The error a rule handed to its callback: one of the three classes, known by name, whose message is the client's; or
 * any other error, whose message stays in the log.
 */
export function refusalOf(ruleName: string, errorName: string, message: string): OAuthError {
  const cause = `The rule ${ruleName} refused the request: ${message}`
  const code = refusalCodes.get(errorName)
  if (code) return new OAuthError(code, message, { cause })
  return new OAuthError('access_denied', 'A rule refused this request; see the log.', {
    cause,
    reason: { kind: 'rule', words: message },
  })
}

/**
 * What went wrong inside a rule. `cause` is for the log and names it; `words` are for the client of a tenant that
 * tells what rules throw.
 */
export function failureOf(cause: string, words: string): OAuthError {
  return new OAuthError('server_error', 'A rule failed; see the log.', {
    cause,
    reason: { kind: 'rule', words },
  })
}

/**
 * An outcome that is no answer: in one word for the log, in a sentence that names the rule, and as the error it
 * ends the exchange with. The sentence may quote the rule, so it is masked before anyone gets it.
 */
export function endOf(
  ruleName: string,
  outcome: Exclude<InvocationOutcome, { kind: 'returned' }>,
  mask: Mask,
): { ended: string; sentence: string; error: OAuthError } {
  const { ended, predicate } = inWords(outcome, mask)
  const sentence = mask(`The rule ${ruleName} ${predicate}.`)
  const error =
    'retryAfterSeconds' in outcome
      ? unavailable(sentence, outcome.retryAfterSeconds)
      : failureOf(sentence, wordsOf(outcome, predicate, mask))
  return { ended, sentence, error }
}

// What a rule threw is told as it is; whatever else went wrong, without the rule's name.
function wordsOf(
  outcome: Exclude<InvocationOutcome, { kind: 'returned' }>,
  predicate: string,
  mask: Mask,
): string {
  if (outcome.kind === 'threw') return mask(quoted(outcome.message, maxThrownMessageLength, mask))
  return mask(`A rule ${predicate}.`)
}

function inWords(
  outcome: Exclude<InvocationOutcome, { kind: 'returned' }>,
  mask: Mask,
): { ended: string; predicate: string } {
  switch (outcome.kind) {
    case 'threw': {
      const where = outcome.line === undefined ? '' : ` (line ${outcome.line})`
      const name = quoted(outcome.name, maxThrownNameLength, mask)
      const message = quoted(outcome.message, maxThrownMessageLength, mask)
      return { ended: 'threw', predicate: `threw ${name}: ${message}${where}` }
    }
    case 'timed_out':
      return {
        ended: 'timeout',
        predicate: `did not finish within ${Math.round(outcome.afterMs)} ms (timeout)`,
      }
    case 'out_of_memory':
      return { ended: 'out_of_memory', predicate: 'used more memory than a rule may have' }
    case 'result_refused': {
      const reason = quoted(outcome.reason, maxThrownMessageLength, mask)
      return { ended: 'bad_result', predicate: `returned a result that cannot be used: ${reason}` }
    }
    case 'runner_lost':
      return { ended: 'runner_lost', predicate: 'blocked its runner process, which was ended' }
    case 'quarantined':
      return {
        ended: 'quarantined',
        predicate: 'is not run for a while, because it blocked its runner processes',
      }
    case 'overloaded':
      return { ended: 'overloaded', predicate: 'was not run, because too many invocations wait already' }
  }
}

// What has the greatest length was cut, or might have been.
function quoted(words: string, maxLength: number, mask: Mask): string {
  return words.length < maxLength ? words : mask(words, 'cut')
}

function unavailable(cause: string, retryAfterSeconds: number): OAuthError {
  return new OAuthError(
    'temporarily_unavailable',
    'The rules of this API cannot be run right now; try again later.',
    {
      cause,
      retryAfterSeconds,
    },
  )
}
