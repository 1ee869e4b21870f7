/** A list can be requested in two shapes; these narrow an answer to the one that was requested. */
export function pageOf<Answer>(answer: Answer): Extract<Answer, { total: number }> {
  if (Array.isArray(answer)) throw new TypeError('The server did not tell the totals it was asked for.')
  return answer as Extract<Answer, { total: number }>
}

export function arrayOf<Answer>(answer: Answer): Extract<Answer, readonly unknown[]> {
  if (!Array.isArray(answer)) throw new TypeError('The server did not answer with a list.')
  return answer as Extract<Answer, readonly unknown[]>
}
