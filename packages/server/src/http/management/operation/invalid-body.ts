import { ManagementError } from '../../../domain/errors.ts'

/**
 * The refusal of one member for a reason that its schema cannot say, in the form of all the others. The final stop of a
 * sentence from another room is dropped: the form brings its own.
 */
export function invalidBody(member: string, sentence: string): ManagementError {
  return new ManagementError(
    'invalid_body',
    `Payload validation error: '${sentence.replace(/\.$/, '')}' on property ${member}.`,
  )
}
