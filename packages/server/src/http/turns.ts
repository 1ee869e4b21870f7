/** Runs work under one name one after the other; work under other names does not wait. */
export type InTurn = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>

export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>()

  return async function inTurn(name, work) {
    const mine = (last.get(name) ?? Promise.resolve()).then(work)
    // A failure is reported to its own caller, and the next goes on.
    const settled = mine.catch(() => undefined)
    last.set(name, settled)
    try {
      return await mine
    } finally {
      if (last.get(name) === settled) last.delete(name)
    }
  }
}
