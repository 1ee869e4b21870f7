/**
 * Runs inside the isolate, around foreign code. "Slice in, commands out": every entry is a slice that
 * belongs to one invocation; what the program asks for (a timer, a fetch, a line, its result) is gathered
 * and handed out as text when the slice is over. A slice that is killed has had no outside effect.
 *
 * Everything used here is taken before foreign code runs, and reached without any prototype that foreign
 * code could change: plain closures, index access on objects without a prototype, captured functions.
 */
const { stringify, parse } = JSON
const { apply } = Reflect
const uncurry = (method) => Function.prototype.call.bind(method)
const charCodeAt = uncurry(String.prototype.charCodeAt)
const slice = uncurry(String.prototype.slice)
const indexOf = uncurry(String.prototype.indexOf)
const { create } = Object
const { floor, max, min } = Math
const { isNaN: notANumber, parseInt: toInteger } = Number
const { TypeError: PlainTypeError, RangeError: PlainRangeError, String: toText } = globalThis

/** JSON characters of one result. */
const maxResultLength = 1_000_000
const maxErrorLength = 2000
/** Timers one invocation may have waiting. */
const maxTimers = 1000
/** Timers one invocation may set in all, those it cleared included. */
const maxTimersSet = 20_000
/** Fetches it may ask for; the pool answers fewer. */
const maxFetchesAsked = 100
/** JSON characters of one fetch, its body in base64 included. */
const maxRequestLength = 1_500_000
const randomBytesPerFetch = 512

let host
let current
let touched
let out = ''
let lastWaitingId = 0
const live = create(null)
const waiting = create(null)

/** What the names inside the isolate (console, timers, fetch, crypto) may ask of the prelude. */
export const bridge = {
  setTimer(callback, delayMs, args, repeats) {
    if (typeof callback !== 'function') throw new PlainTypeError('A timer needs a function.')
    const owner = requireInvocation('A timer')
    if (owner.timers >= maxTimers) throw new PlainRangeError(`More than ${maxTimers} timers wait already.`)
    if (owner.timersSet++ >= maxTimersSet)
      throw new PlainRangeError(`More than ${maxTimersSet} timers in one invocation.`)
    const delay = +delayMs
    const id = ++lastWaitingId
    waiting[id] = { owner, callback, args, repeatMs: repeats ? max(1, floor(delay) || 1) : 0, isTimer: true }
    owner.timers++
    owner.pending++
    emit('S', owner.id, `${id} ${notANumber(delay) ? 1 : max(0, min(floor(delay), 2 ** 31))}`)
    return new Timer(id)
  },
  clearTimer(timer) {
    const id = timer instanceof Timer ? timer.id : +timer
    const entry = waiting[id]
    if (entry === undefined || !entry.isTimer) return
    forget(id, entry)
    emit('U', entry.owner.id, toText(id))
  },
  /** `answered` gets what the host found: `{ status, … }` or `{ error }`. */
  fetch(request, answered) {
    const owner = requireInvocation('A fetch')
    const requestJson = stringify(request)
    if (requestJson.length > maxRequestLength) throw new PlainRangeError('The request is larger than 1 MB.')
    if (owner.fetchesAsked++ >= maxFetchesAsked)
      throw new PlainRangeError(`More than ${maxFetchesAsked} fetches in one invocation.`)
    const id = ++lastWaitingId
    waiting[id] = { owner, callback: answered, args: undefined, repeatMs: 0, isTimer: false }
    owner.pending++
    emit('F', owner.id, `${id} ${requestJson}`)
    return id
  },
  forgetFetch(id) {
    const entry = waiting[id]
    if (entry !== undefined && !entry.isTimer) forget(id, entry)
  },
  /** True while another line of console text would be kept; formatting is not worth its time otherwise. */
  hasConsoleRoom: () => current !== undefined && current.consoleLeft > 0,
  printLine(level, text) {
    if (current !== undefined) print(current, level, text)
  },
  randomFraction() {
    const high = bridge.randomByte() * 2 ** 16 + bridge.randomByte() * 2 ** 8 + bridge.randomByte()
    const low = bridge.randomByte() * 2 ** 16 + bridge.randomByte() * 2 ** 8 + bridge.randomByte()
    return (high * 2 ** 24 + low) / 2 ** 48
  },
  randomByte() {
    const owner = requireInvocation('Randomness')
    if (owner.randomAt >= owner.random.length) {
      owner.random = host.random(owner.id, randomBytesPerFetch)
      owner.randomAt = 0
    }
    return charCodeAt(owner.random, owner.randomAt++)
  },
  /** What the runner computes for a program (cryptography, URLs): JSON text in, JSON text out. */
  operate: (requestJson) => host.operate(requestJson),
  /** The script of a bundle that is only now needed. */
  bundleSource: (name) => host.bundleSource(name),
}

class Timer {
  constructor(id) {
    this.id = id
  }
  ref() {
    return this
  }
  unref() {
    return this
  }
  hasRef() {
    return true
  }
  refresh() {
    return this
  }
  [Symbol.toPrimitive]() {
    return this.id
  }
}

function requireInvocation(what) {
  if (current === undefined) throw new PlainTypeError(`${what} needs an invocation that is still going on.`)
  return current
}

function emit(kind, invocationId, rest) {
  out += `${kind} ${invocationId} ${rest}\n`
}

function forget(id, entry) {
  delete waiting[id]
  if (entry.isTimer) entry.owner.timers--
  entry.owner.pending--
  touch(entry.owner)
}

function touch(invocation) {
  if (invocation.isTouched) return
  invocation.isTouched = true
  invocation.nextTouched = touched
  touched = invocation
}

/** Cut by characters, cheaply, so that a flood stays small in here; the pool counts bytes and says what was cut. */
function print(invocation, level, text) {
  if (invocation.consoleLeft <= 0) return
  const fitting = text.length > invocation.consoleLeft ? slice(text, 0, invocation.consoleLeft) : text
  invocation.consoleLeft -= fitting.length + 1
  emit('L', invocation.id, `${level} ${stringify(fitting)}`)
}

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

/** Name, message and line of whatever was thrown, without trusting a single property of it. */
function describe(error) {
  let name = 'Error'
  let message = ''
  let line
  try {
    if (error !== null && typeof error === 'object') {
      name = slice(toText(error.name ?? 'Error'), 0, 100)
      message = slice(toText(error.message ?? toText(error)), 0, maxErrorLength)
      line = lineOf(error.stack)
    } else message = slice(toText(error), 0, maxErrorLength)
  } catch {
    message = 'The program threw something that cannot be read.'
  }
  return { __proto__: null, name, message, line }
}

function lineOf(stack) {
  if (typeof stack !== 'string') return undefined
  const at = indexOf(stack, 'program.js:')
  if (at < 0) return undefined
  const line = toInteger(slice(stack, at + 11, at + 20), 10)
  return line >= 1 ? line : undefined
}

function begin(id, consoleBytes) {
  const invocation = create(null)
  invocation.id = id
  // One more than is kept, by which the pool knows that there was more.
  invocation.consoleLeft = consoleBytes + 1
  invocation.timers = 0
  invocation.timersSet = 0
  invocation.fetchesAsked = 0
  invocation.pending = 0
  invocation.random = ''
  invocation.randomAt = 0
  invocation.ended = undefined
  invocation.endText = ''
  invocation.isTouched = false
  invocation.nextTouched = undefined
  live[id] = invocation
  current = invocation
  return invocation
}

/**
 * @param givenHost `{ random(invocationId, count), operate(json), bundleSource(name) }`: synchronous, text in and text out.
 * @returns the entries of the runner; each is one slice and must be followed by `collect` before the next.
 */
export function createPrelude(givenHost, requireModule) {
  host = givenHost
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
    const module = requireModule(key)
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
      current = invocation
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
      current = entry.owner
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
      current = invocation
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
      for (let invocation = touched; invocation !== undefined; invocation = invocation.nextTouched) {
        invocation.isTouched = false
        if (invocation.ended === undefined || live[invocation.id] === undefined) continue
        if (!invocation.isHandedOut) emit(invocation.ended, invocation.id, invocation.endText)
        invocation.isHandedOut = true
        invocation.endText = ''
        if (invocation.pending > 0) continue
        emit('Z', invocation.id, '')
        delete live[invocation.id]
      }
      touched = undefined
      current = undefined
      const commands = out
      out = ''
      return commands
    },
  }
}
