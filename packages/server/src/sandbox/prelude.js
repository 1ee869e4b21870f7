/**
 * Runs inside the isolate, around foreign code. "Slice in, commands out": every entry is a slice that
 * belongs to one invocation; what the program asks for (a timer, a fetch, a line, its result) is gathered
 * and handed out as text when the slice is over. A slice that is killed has had no outside effect.
 *
 * Everything used here is taken before foreign code runs, and reached without any prototype that foreign
 * code could change: plain closures, index access on objects without a prototype, captured functions.
 */
import { apply, PlainTypeError, parse, slice, stringify, toText } from './builtins/intrinsics.js'
import { begin, emit, forget, live, print, state, touch, waiting } from './builtins/slice-state.js'
import { describe } from './builtins/thrown.js'

/** JSON characters of one result. */
const maxResultLength = 1_000_000

function settle(invocation, value) {
  if (isOver(invocation, 'settled a second time')) return
  let json
  try {
    json = stringify(value)
  } catch (error) {
    return end(invocation, 'X', stringify(`The result cannot be written as JSON: ${describe(error).message}`))
  }
  if (json === undefined) return end(invocation, 'R', '')
  if (json.length > maxResultLength) return end(invocation, 'X', stringify('The result is larger than 1 MB.'))
  end(invocation, 'R', json)
}

function fail(invocation, error) {
  if (isOver(invocation, 'threw after it had settled')) return
  end(invocation, 'E', stringify(describe(error)))
}

function isOver(invocation, what) {
  if (invocation.ended === undefined) return false
  print(invocation, 'warn', `The program ${what}; this has no effect.`)
  return true
}

function end(invocation, kind, text) {
  invocation.ended = kind
  invocation.endText = text
  touch(invocation)
}

/**
 * @param givenHost `{ random(invocationId, count), operate(json), bundleSource(name), modulesSource() }`: synchronous,
 * text in and text out.
 * @returns the entries of the runner; each is one slice and must be followed by `collect` before the next.
 */
export function createPrelude(givenHost, requireModule, requireBundled) {
  state.host = givenHost
  let run
  /** What evaluating the program threw, in a box. */
  let loadFault
  // Memory of these lies outside the isolate's limit, and waiting on it outside its clock. Here and not
  // sooner: the engine insists on finding them while it brings a snapshot back to life.
  delete globalThis.WebAssembly
  delete globalThis.SharedArrayBuffer
  delete globalThis.Atomics

  function require(name) {
    const key = slice(toText(name), 0, 5) === 'node:' ? slice(toText(name), 5) : toText(name)
    const module = requireModule(key) ?? requireBundled(toText(name))
    if (module !== undefined) return module
    const error = new Error(`Cannot find module '${name}'`)
    error.code = 'MODULE_NOT_FOUND'
    throw error
  }

  return {
    /** Evaluates the program within the first invocation that needs it. */
    load(id, consoleBytes, evaluate, adapt) {
      const invocation = begin(id, consoleBytes)
      try {
        const module = { exports: {} }
        const context = [module, module.exports, require, '/program.js', '/']
        const returned = apply(evaluate, globalThis, context)
        run = adapt(returned ? returned : module.exports)
        if (typeof run !== 'function')
          throw new PlainTypeError('The program exports nothing that can be run.')
      } catch (error) {
        loadFault = { __proto__: null, error }
        fail(invocation, error)
      }
    },
    /** The invocation that began with `load` goes on; any other begins here. */
    start(id, consoleBytes, inputJson) {
      const invocation = live[id] ?? begin(id, consoleBytes)
      state.current = invocation
      if (loadFault !== undefined) {
        fail(invocation, loadFault.error)
        return
      }
      try {
        run(
          parse(inputJson),
          (value) => settle(invocation, value),
          (error) => fail(invocation, error),
        )
      } catch (error) {
        fail(invocation, error)
      }
    },
    /** A timer is due or a fetch is answered. */
    resume(waitingId, answerJson) {
      const entry = waiting[waitingId]
      if (entry === undefined) return
      state.current = entry.owner
      if (entry.repeatMs > 0) emit('S', entry.owner.id, `${waitingId} ${entry.repeatMs}`)
      else forget(waitingId, entry)
      try {
        if (entry.isTimer) apply(entry.callback, undefined, entry.args)
        else entry.callback(parse(answerJson))
      } catch (error) {
        fail(entry.owner, error)
      }
    },
    /** A promise was rejected in the last slice and nobody cared. */
    reject(id, name, message, stack) {
      const invocation = live[id]
      if (invocation === undefined) return
      state.current = invocation
      fail(invocation, { __proto__: null, name, message, stack })
    },
    /** The invocation is over for the host: its timers and fetches are forgotten. */
    drop(id) {
      const invocation = live[id]
      if (invocation === undefined) return
      delete live[id]
      for (const waitingId in waiting) if (waiting[waitingId].owner === invocation) delete waiting[waitingId]
    },
    /** The commands of the slice, after its microtasks have run. */
    collect() {
      for (let invocation = state.touched; invocation !== undefined; invocation = invocation.nextTouched) {
        invocation.isTouched = false
        if (invocation.ended === undefined || live[invocation.id] === undefined) continue
        if (!invocation.isHandedOut) emit(invocation.ended, invocation.id, invocation.endText)
        invocation.isHandedOut = true
        invocation.endText = ''
        if (invocation.pending > 0) continue
        emit('Z', invocation.id, '')
        delete live[invocation.id]
      }
      state.touched = undefined
      state.current = undefined
      const commands = state.out
      state.out = ''
      return commands
    },
  }
}
