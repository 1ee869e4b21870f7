/** What the server and its installer tell each other, as JSON. */
import type { BuildFault, InstalledPackage } from '../domain/rule-build.ts'

/** Of all packages together. */
export interface InstallLimits {
  readonly maxPackages: number
  readonly maxFiles: number
  /** Unpacked. */
  readonly maxBytes: number
}

export interface InstallQuestion {
  readonly folder: string
  /** Undefined: the one that npm's configuration names. */
  readonly registry: string | undefined
  readonly dependencies: Readonly<Record<string, string>>
  readonly limits: InstallLimits
}

export type InstallAnswer =
  | { readonly kind: 'installed'; readonly packages: readonly InstalledPackage[] }
  | { readonly kind: 'refused'; readonly fault: BuildFault; readonly message: string }
  /** npm's library gave up; `code` is its own (`E404`, `EINTEGRITY`, `ENOTFOUND`). */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
