/** Keys that are kept; beyond that the oldest goes. */
export const maxKeptKeys = 1000

/**
 * Keys, and certificates of keys, in the form that signs or verifies. Making that form takes as long as using it, or
 * longer. An entry cannot grow stale: its name determines everything that it was made from.
 */
export interface KeptKeys<Key> {
  get(name: string): Key | undefined
  /** The key that was given. */
  keep(name: string, key: Key): Key
}

export function createKeptKeys<Key>(): KeptKeys<Key> {
  const kept = new Map<string, Key>()
  return {
    get: (name) => kept.get(name),
    keep(name, key) {
      const [oldest] = kept.keys()
      if (kept.size >= maxKeptKeys && oldest !== undefined) kept.delete(oldest)
      kept.set(name, key)
      return key
    },
  }
}
