/** Faults of an export, told by file and member and never by what stands there: it may be a secret. */
import { Failure } from '../failure.ts'

export function unreadableExport(place: string, why: string): Failure {
  return new Failure('usage', {
    what: `The export cannot be read: ${place}.`,
    why,
    todo: 'Correct the file, or export again with the deploy tool; nothing was attempted.',
  })
}
