import { ManagementError } from '../../../domain/errors.ts'

/** The refusal of one member for a reason that its schema cannot say, in the words of all the others. */
export function invalidBody(member: string, sentence: string): ManagementError {
  return new ManagementError('invalid_body', `Payload validation error: '${sentence}' on property ${member}.`)
}
