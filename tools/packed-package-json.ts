/** The `package.json` of a packed package: the same promises, kept by emitted JavaScript. */

export interface PackageJson {
  /** Everything that is carried over as it stands. */
  readonly others: Readonly<Record<string, unknown>>
  readonly files: readonly string[]
  /** Targets by subpath; only plain texts are rewritten. */
  readonly exports: Readonly<Record<string, string>>
  /** Subpaths whose targets are conditions already, and stay. */
  readonly conditionalExports: Readonly<Record<string, unknown>>
}

/** What only the checkout uses. */
const checkoutMembers: ReadonlySet<string> = new Set(['devDependencies', 'scripts', 'private'])

export function parsePackageJson(text: string): PackageJson {
  const packageJson: unknown = JSON.parse(text)
  if (!isObject(packageJson)) throw new TypeError('A package.json is one object.')
  const { files, exports = {}, ...others } = packageJson
  if (!Array.isArray(files) || !files.every((name) => typeof name === 'string')) {
    throw new TypeError('A package that is packed lists its files.')
  }
  if (!isObject(exports)) throw new TypeError('Exports are listed by subpath.')
  const targets = Object.entries(exports)
  return {
    others: Object.fromEntries(Object.entries(others).filter(([name]) => !checkoutMembers.has(name))),
    files,
    exports: Object.fromEntries(
      targets.flatMap(([subpath, target]) => (typeof target === 'string' ? [[subpath, target]] : [])),
    ),
    conditionalExports: Object.fromEntries(targets.filter(([, target]) => typeof target !== 'string')),
  }
}

export function packedPackageJson({
  others,
  files,
  exports,
  conditionalExports,
}: PackageJson): Record<string, unknown> {
  const targets = Object.entries(exports).map(([subpath, target]) => [subpath, packedTarget(target)])
  const allExports = { ...Object.fromEntries(targets), ...conditionalExports }
  return {
    ...others,
    files,
    ...(Object.keys(allExports).length > 0 && { exports: allExports }),
  }
}

function packedTarget(target: string): string | { types: string; default: string } {
  if (!target.endsWith('.ts')) return target
  const stem = target.slice(0, -'.ts'.length)
  return { types: `${stem}.d.ts`, default: `${stem}.js` }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
