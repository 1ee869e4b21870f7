/**
 * Names that cost memory are made when they are first touched: each bundle is a script of its own, which
 * the runner holds as text and an isolate evaluates at most once.
 */
import { bridge } from './bridge.js'
import { bundleOfGlobal, bundleOfModule, internalPrefix } from './names.js'

// Taken before foreign code runs.
const CompiledFunction = globalThis.Function
const { defineProperty, create, keys } = Object
const { apply } = Reflect
const startsWith = Function.prototype.call.bind(String.prototype.startsWith)
const substring = Function.prototype.call.bind(String.prototype.substring)

const loaded = create(null)

/** What a bundle exports. Bundles find one another, and the prelude's bridge, through their arguments. */
function loadBundle(name) {
  if (loaded[name] !== undefined) return loaded[name].exports
  return runBundle(
    name,
    new CompiledFunction('module', 'exports', 'require', 'bridge', bridge.bundleSource(name)),
  )
}

/** Also called, while the snapshot is made, for bundles that most programs need. */
export function runBundle(name, bundle) {
  const module = { exports: {}, isLoading: true }
  loaded[name] = module
  apply(bundle, globalThis, [module, module.exports, requireForBundle, bridge])
  module.isLoading = false
  // What was written as an ES module with a default export is that export.
  if (module.exports.__esModule && module.exports.default !== undefined)
    module.exports = module.exports.default
  return module.exports
}

function requireForBundle(name) {
  return startsWith(name, internalPrefix)
    ? loadBundle(substring(name, internalPrefix.length))
    : requireModule(name)
}

/** @returns undefined when there is no such module. */
export function requireModule(name) {
  const entry = bundleOfModule[name]
  if (entry === undefined) return undefined
  if (entry.global !== undefined) return globalThis[entry.global]
  const exported = loadBundle(entry.bundle)
  return entry.member === undefined ? exported : exported[entry.member]
}

export function defineLazyGlobals() {
  for (const name of keys(bundleOfGlobal)) {
    const settle = (value) =>
      defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
    defineProperty(globalThis, name, {
      configurable: true,
      enumerable: false,
      get: () => {
        // A package that looks whether the name exists before it defines it must find nothing.
        if (loaded[bundleOfGlobal[name]]?.isLoading) return undefined
        const value = loadBundle(bundleOfGlobal[name])[name]
        settle(value)
        return value
      },
      set: settle,
    })
  }
}
