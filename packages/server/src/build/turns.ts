/** A few at a time: whoever comes later waits until one of those before has finished. */
export function createTurns(maxAtOnce: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = []
  let running = 0

  return async function inTurn(work) {
    if (running >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      // Whoever waits takes over the place; only without anybody waiting is it free.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
