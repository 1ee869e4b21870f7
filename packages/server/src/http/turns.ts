/** Work that would be in its own way, one after the other; work under other names is not kept waiting. */
export type InTurn = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>

export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>()

  return async function inTurn(name, work) {
    const mine = (last.get(name) ?? Promise.resolve()).then(work)
    // What one fails at is told to the one, and the next goes on.
    const settled = mine.catch(() => undefined)
    last.set(name, settled)
    try {
      return await mine
    } finally {
      if (last.get(name) === settled) last.delete(name)
    }
  }
}
