/** Token requests without a pause, until the server is gone: who was answered, and when. */
import { requestToken } from './test-server.ts'

export interface Load {
  /** The `jti` of every token whose answer arrived whole, in the order of arrival. */
  readonly acknowledged: readonly string[]
  /** Answers that were no tokens. */
  readonly refusals: readonly string[]
  /** Resolves when no connection gets an answer any more. */
  readonly ended: Promise<void>
}

export function startLoad(url: string, fields: Record<string, unknown>, connections: number): Load {
  const acknowledged: string[] = []
  const refusals: string[] = []
  async function requestUntilGone(): Promise<void> {
    for (;;) {
      // Nothing but the end of the connection ends the loop: also half an answer is no answer.
      const answer = await requestToken(url, fields).catch(() => undefined)
      if (!answer) return
      if (answer.status === 200) acknowledged.push(String(answer.claims.jti))
      else refusals.push(JSON.stringify(answer.body))
    }
  }
  const ended = Promise.all(Array.from({ length: connections }, requestUntilGone)).then(() => undefined)
  return { acknowledged, refusals, ended }
}
