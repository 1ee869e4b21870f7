/**
 * The packages a program was deployed with: one script, evaluated when the first of them is required. What they ask of
 * Node and the isolate does not have is there by name, and says so when it is used.
 */
import { bridge } from './bridge.js'
import { requireModule } from './lazy-names.js'

// Taken before foreign code runs.
const CompiledFunction = globalThis.Function
const PlainProxy = globalThis.Proxy
const PlainError = globalThis.Error
const { create, hasOwn } = Object
const { apply } = Reflect
const replace = Function.prototype.call.bind(String.prototype.replace)

let loaders
const absent = create(null)

/** @returns undefined when the program has no such module. */
export function requireBundled(name) {
  loaders ??= evaluate(bridge.modulesSource())
  return hasOwn(loaders, name) ? loaders[name]() : undefined
}

function evaluate(source) {
  if (source === '') return create(null)
  const module = { exports: {} }
  const bundle = new CompiledFunction('module', 'exports', 'require', source)
  apply(bundle, globalThis, [module, module.exports, requireForPackage])
  return module.exports
}

function requireForPackage(name) {
  const key = replace(`${name}`, /^node:/, '')
  const module = requireModule(key)
  if (module !== undefined) return module
  absent[key] ??= createAbsent(key)
  return absent[key]
}

/** A package may name its members, derive classes from them and keep them; calling one says what is missing. */
function createAbsent(moduleName) {
  const members = create(null)
  const refuse = (name) => () => {
    throw new PlainError(`${name} is not offered to a rule.`)
  }
  return new PlainProxy(refuse(moduleName), {
    get(target, name) {
      if (typeof name === 'symbol' || name === 'then' || name === '__esModule') return undefined
      if (name === 'prototype') return target.prototype
      members[name] ??= refuse(`${moduleName}.${name}`)
      return members[name]
    },
  })
}
