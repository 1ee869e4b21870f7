import type { SigningKey } from '../domain/signing-key.ts'

/** Imported keys that are kept; the one imported first goes when there are more. */
const maxKeptKeys = 1000

/**
 * Keys in the form that signs or verifies. To decrypt and import one takes far longer than to sign with it,
 * and what is kept cannot grow stale: an id is the thumbprint of its key.
 */
export function createKeptKeys<Imported>(importKey: (key: SigningKey) => Promise<Imported>) {
  const kept = new Map<string, Imported>()

  return {
    async of(key: SigningKey): Promise<Imported> {
      const name = `${key.tenantId} ${key.id}`
      const found = kept.get(name)
      if (found !== undefined) return found
      const imported = await importKey(key)
      const oldest = kept.keys().next()
      if (kept.size >= maxKeptKeys && !oldest.done) kept.delete(oldest.value)
      kept.set(name, imported)
      return imported
    },
  }
}
