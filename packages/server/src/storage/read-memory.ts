/**
 * What reads found, kept until anything is written that they could have found otherwise. One server writes this
 * file, all of its writes pass through here, and a commit is synchronous: so a change holds from the next
 * read on, as if nothing were kept. Log entries and exchange records are written all the time and read by other ways.
 */
export interface ReadMemory {
  /** The same function, which asks once for the same arguments. What it returns is shared: nobody may change it. */
  remember<Arguments extends readonly string[], Found>(
    ask: (...asked: Arguments) => Found,
  ): (...asked: Arguments) => Found
  /** Something was written. */
  forget(): void
}

/** Answers kept of one function; unknown client ids, of which anyone can make up many, fill it and empty it. */
export const maxRemembered = 1000

export function createReadMemory(): ReadMemory {
  const memories: Map<string, unknown>[] = []
  return {
    remember<Arguments extends readonly string[], Found>(ask: (...asked: Arguments) => Found) {
      const memory = new Map<string, Found>()
      memories.push(memory)
      return (...asked: Arguments): Found => {
        const key = asked.join('\u0000')
        if (!memory.has(key)) {
          const found = ask(...asked)
          if (memory.size >= maxRemembered) memory.clear()
          memory.set(key, found)
        }
        return memory.get(key) as Found
      }
    },
    forget() {
      for (const memory of memories) memory.clear()
    },
  }
}
