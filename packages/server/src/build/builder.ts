import type { Builder } from '../domain/rule-build.ts'
import { createInstallModules, type InstallSettings } from './install.ts'
import { rememberBundles } from './recent-bundles.ts'
import { transpile } from './transpile.ts'

export function createBuilder(settings: InstallSettings): Builder {
  return { transpile, install: rememberBundles(createInstallModules(settings)) }
}
