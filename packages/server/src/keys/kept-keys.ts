/** Keys that are kept; the one that was kept first goes when there are more. */
const maxKeptKeys = 1000

/**
 * Keys, and certificates of keys, in the form that signs or verifies. To make it of what is stored or sent takes as long as
 * a check, or longer. What is kept cannot grow stale: its name says all that it was made of.
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
