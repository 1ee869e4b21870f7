/**
 * Bundles of the last installations, so that an author who changes a source again and again waits for the registry
 * once. Exact versions do not change; what failed is tried anew, and two who ask at the same time share one answer.
 */
import type { InstallModules } from './install.ts'

/** A bundle may have 4 MB. */
const maxRemembered = 8

export function rememberBundles(install: InstallModules): InstallModules {
  const recent = new Map<string, ReturnType<InstallModules>>()

  return (dependencies, requested) => {
    const asked = JSON.stringify([
      dependencies.map(({ name, version }) => `${name}@${version}`).sort(),
      [...requested].sort(),
    ])
    const bundle = recent.get(asked) ?? install(dependencies, requested)
    // What is asked for again counts as new.
    recent.delete(asked)
    recent.set(asked, bundle)
    bundle.catch(() => recent.get(asked) === bundle && recent.delete(asked))
    const [oldest] = recent.keys()
    if (recent.size > maxRemembered && oldest !== undefined) recent.delete(oldest)
    return bundle
  }
}
