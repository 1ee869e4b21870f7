/**
 * What is in every isolate before foreign code, as small as can be: bundled into one script, run once
 * and kept as a V8 snapshot. All else a rule may use comes when it is first touched (`lazy-names.js`).
 * Nothing here may depend on a host: while the snapshot is made there is none.
 */
import './bare-globals.js'
import './console.js'
import { createPrelude } from '../prelude.js'
import { bridge } from './bridge.js'
import { format, inspect } from './inspect.js'
import { defineLazyGlobals, requireModule, runBundle } from './lazy-names.js'
import { requireBundled } from './program-modules.js'

bridge.format = format
bridge.inspect = inspect
defineLazyGlobals()
Object.defineProperty(globalThis, '__tallystickBoot', {
  configurable: true,
  value: (host) => {
    delete globalThis.__tallystickPreload
    Math.random = () => bridge.randomFraction()
    return createPrelude(host, requireModule, requireBundled)
  },
})

Object.defineProperty(globalThis, '__tallystickPreload', { configurable: true, value: runBundle })
