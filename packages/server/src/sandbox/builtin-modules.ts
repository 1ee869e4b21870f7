/** The modules that `require` offers in an isolate, without `node:` in front. */
import { bundleOfModule } from './builtins/names.js'

export const builtinModules: ReadonlySet<string> = new Set(Object.keys(bundleOfModule))
