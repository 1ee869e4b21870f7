/** Limits how much work is done at once; the rest waits, first come, first served. */
export type FewAtOnce = <Result>(work: () => Promise<Result>) => Promise<Result>

export function createFewAtOnce(limit: number): FewAtOnce {
  const waiting: (() => void)[] = []
  let free = limit

  return async function fewAtOnce(work) {
    if (free > 0) free--
    else await new Promise<void>((begin) => waiting.push(begin))
    try {
      return await work()
    } finally {
      // Whoever waits takes over the place: a newcomer cannot slip in between.
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
