/** Everything that can end a command early, told as a failure with three lines and an exit code. */
import { ManagementApiError } from '@tallystick/management-api/connect'
import { CommanderError } from 'commander'
import { interruption } from './ask.ts'
import type { Ending } from './exit-code.ts'
import { Failure } from './failure.ts'

export function toFailure(error: unknown, interrupted: AbortSignal): Failure {
  if (interrupted.aborted) return interruption()
  if (error instanceof Failure) return error
  if (error instanceof CommanderError) return usageFailure(error)
  if (error instanceof ManagementApiError) return refusalFailure(error)
  return new Failure(
    'failed',
    {
      what: 'tallystick broke.',
      why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      todo: 'Run it again with --debug, and report what it shows.',
    },
    { cause: error },
  )
}

/** Commander's text is `error: what` and, perhaps, `(Did you mean that?)` on a second line. */
function usageFailure(error: CommanderError): Failure {
  const [what = '', hint] = error.message.replace(/^error: /, '').split('\n')
  const meant = hint?.match(/^\(Did you mean (.*)\?\)$/)?.[1]
  return new Failure('usage', {
    what: `${what.charAt(0).toUpperCase()}${what.slice(1).replace(/\.$/, '')}.`,
    why: 'The command line was not understood, and nothing was attempted.',
    todo: meant ? `Did you mean ${meant}? Else add --help.` : 'Add --help to see what the command takes.',
  })
}

const endingOfStatus: Readonly<Record<number, Ending>> = {
  401: 'not_allowed',
  403: 'not_allowed',
  404: 'not_found',
  409: 'conflict',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

const whatOfEnding: Readonly<Record<Ending, string>> = {
  done: '',
  failed: 'The server refused this.',
  usage: '',
  not_found: 'The server does not know this.',
  not_allowed: 'The server does not allow this.',
  conflict: 'Something on the server stands against this.',
  unavailable: 'The server cannot do this now.',
  interrupted: '',
}

function refusalFailure(error: ManagementApiError): Failure {
  const ending = endingOfStatus[error.status] ?? 'failed'
  return new Failure(ending, {
    what: whatOfEnding[ending],
    why: sentence(error.message),
    todo: todoOf(error, ending),
  })
}

/** Some of the words are those of Auth0, which has no full stop behind them. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** Where to look for what is not there: a command may name several things. */
const whereToLook: Readonly<Record<string, string>> = {
  'The client does not exist': 'See `tallystick clients list`.',
  'The resource server does not exist': 'See `tallystick apis list`; an identifier counts byte for byte.',
  'The signing key does not exist': 'See `tallystick keys list`.',
  'The client grant does not exist': 'See `tallystick grants list`.',
  'The client secret does not exist': 'See `tallystick clients secrets list CLIENT_ID`.',
  'The credential does not exist': 'See `tallystick clients credentials list CLIENT_ID`.',
  'The trusted issuer does not exist': 'See `tallystick trust list`; it is known by its id.',
  'The rule version does not exist': 'See `tallystick rules versions NAME`.',
  'The log stream does not exist': 'See `tallystick streams list`.',
  'The tenant does not exist': 'See `tallystick tenants list`.',
  'The log entry does not exist':
    'An id looks like 01a206c2-e17d-74a5-bf73-b183ae4e3c53, the X-Request-Id of an answer; see `tallystick logs list`.',
}

function todoOf(
  { code, message, requestId, retryAfterSeconds, status }: ManagementApiError,
  ending: Ending,
): string {
  if (ending === 'unavailable') return `Try again in ${retryAfterSeconds ?? 'a few'} seconds.`
  if (ending === 'not_found')
    return whereToLook[message.replace(/\.$/, '')] ?? 'List what is there: the same noun with `list`.'
  // Refused to everybody, whoever signs in.
  if (code === 'operation_not_supported') return 'Leave this as it is, or change what the reason names first.'
  if (ending === 'not_allowed')
    return 'Sign in with a client that is granted this scope of the management API.'
  if (ending === 'conflict') return 'Look at what is there with `list` or `show`, and change that instead.'
  if (status >= 500 && requestId) return `Look into the server's own log for ${requestId}.`
  return requestId ? `Correct the command; the log has it as ${requestId}.` : 'Correct the command.'
}
