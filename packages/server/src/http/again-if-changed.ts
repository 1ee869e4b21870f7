/**
 * Two changes of one thing at the same time: the second is made again on top of the first, from its reading on, so
 * that neither undoes what the other did.
 */
import { ManagementError } from '../domain/errors.ts'
import { ChangedMeanwhileError } from '../domain/storage.ts'

/** Who is overtaken that often is told so. */
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
