/**
 * Building: what an author wrote becomes what the sandbox runs. TypeScript becomes JavaScript, and the packages of npm
 * that a rule asks for are installed, checked and bundled when it is deployed, so that no token request ever waits
 * for a registry, or fails with it.
 */

/** A package of npm that a rule asks for: an exact version, no range and no tag. */
export interface Dependency {
  readonly name: string
  readonly version: string
}

/** What was installed for a rule's dependencies, they themselves included. */
export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** Subresource integrity of its archive, as the registry told and the installer checked it. */
  readonly integrity: string
}

/** The installed packages as one script, kept with the version of the rule. */
export interface ModuleBundle {
  readonly packages: readonly InstalledPackage[]
  /** What `require` finds: each dependency, and those paths beneath them that the source names. */
  readonly names: readonly string[]
  /** A CommonJS function body whose `module.exports` maps each name to a function that loads it. */
  readonly code: string
}

export type BuildFault =
  | 'syntax_error'
  | 'bad_dependency'
  | 'unknown_package'
  | 'native_package'
  | 'too_large'
  | 'no_registry'

/** The source or its dependencies cannot be built; nothing has changed. The message is for the author. */
export class BuildError extends Error {
  override readonly name = 'BuildError'
  readonly fault: BuildFault
  /** In the source, from 1. */
  readonly position: { readonly line: number; readonly column: number } | undefined

  constructor(fault: BuildFault, message: string, position?: { line: number; column: number }) {
    super(message)
    this.fault = fault
    this.position = position
  }
}

export interface Builder {
  /**
   * JavaScript of a source in TypeScript or with `import` and `export`, as CommonJS.
   * @throws BuildError `syntax_error`
   */
  transpile(source: string): Promise<string>
  /**
   * @param requested names that the source requires, of which some may lie beneath a dependency (`lodash/fp`).
   * @throws BuildError
   */
  install(dependencies: readonly Dependency[], requested: readonly string[]): Promise<ModuleBundle>
}

export const maxDependencies = 10

const packageName = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/
const exactVersion = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?$/

/** @throws BuildError `bad_dependency` when it is not a package's name and one exact version (semver 2.0). */
export function parseDependency(name: string, version: string): Dependency {
  if (name.length > 214 || !packageName.test(name)) {
    throw new BuildError('bad_dependency', `${shown(name)} is no name of a package.`)
  }
  if (!exactVersion.test(version)) {
    throw new BuildError(
      'bad_dependency',
      `The dependency ${name} needs one exact version such as 1.2.3, not ${shown(version)}.`,
    )
  }
  return { name, version }
}

function shown(text: string): string {
  return `"${text.slice(0, 100).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')}"`
}
