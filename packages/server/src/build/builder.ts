import type { Builder } from '../domain/rule-build.ts'
import { BuildError } from '../domain/rule-build.ts'
import { transpile } from './transpile.ts'

export function createBuilder(): Builder {
  return {
    transpile,
    async install() {
      throw new BuildError('no_registry', 'This server installs no packages: it has no registry.')
    },
  }
}
