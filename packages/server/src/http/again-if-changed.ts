/**
 * Two changes of one thing at the same time: the second is repeated on top of the first, from reading on, so that
 * neither undoes the other.
 */
import { ManagementError } from '../domain/errors.ts'
import { ChangedMeanwhileError } from '../domain/storage.ts'

/** A request that is overtaken this often is refused. */
const defaultMaxAttempts = 5

/** `attempt` reads, decides and records; it has changed nothing when it throws. */
export async function againIfChanged<Answer>(
  attempt: () => Promise<Answer>,
  wasOvertaken: (error: unknown) => boolean = isOvertaken,
  maxAttempts: number = defaultMaxAttempts,
): Promise<Answer> {
  for (let left = maxAttempts - 1; left > 0; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (!wasOvertaken(error)) throw error
    }
  }
  return attempt()
}

export function isOvertaken(error: unknown): boolean {
  return error instanceof ManagementError && error.cause instanceof ChangedMeanwhileError
}
