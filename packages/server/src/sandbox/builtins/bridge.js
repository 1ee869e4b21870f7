/** What the names inside the isolate (console, timers, fetch, crypto) may ask of the prelude. */
import {
  charCodeAt,
  floor,
  max,
  min,
  notANumber,
  PlainRangeError,
  PlainTypeError,
  stringify,
  toText,
} from './intrinsics.js'
import { emit, forget, print, requireInvocation, state, waiting } from './slice-state.js'

/** Timers one invocation may have waiting. */
const maxTimers = 1000
/** Timers one invocation may set in all, those it cleared included. */
const maxTimersSet = 20_000
/** Fetches it may ask for; the pool answers fewer. */
const maxFetchesAsked = 100
/** JSON characters of one fetch, its body in base64 included. */
const maxRequestLength = 1_500_000
const randomBytesPerFetch = 512

let lastWaitingId = 0

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
  hasConsoleRoom: () => state.current !== undefined && state.current.consoleLeft > 0,
  printLine(level, text) {
    if (state.current !== undefined) print(state.current, level, text)
  },
  randomFraction() {
    const high = bridge.randomByte() * 2 ** 16 + bridge.randomByte() * 2 ** 8 + bridge.randomByte()
    const low = bridge.randomByte() * 2 ** 16 + bridge.randomByte() * 2 ** 8 + bridge.randomByte()
    return (high * 2 ** 24 + low) / 2 ** 48
  },
  randomByte() {
    const owner = requireInvocation('Randomness')
    if (owner.randomAt >= owner.random.length) {
      owner.random = state.host.random(owner.id, randomBytesPerFetch)
      owner.randomAt = 0
    }
    return charCodeAt(owner.random, owner.randomAt++)
  },
  /** What the runner computes for a program (cryptography, URLs): JSON text in, JSON text out. */
  operate: (requestJson) => state.host.operate(requestJson),
  /** The script of a bundle that is only now needed. */
  bundleSource: (name) => state.host.bundleSource(name),
  /** The packages that the program was deployed with, as one script; empty when there are none. */
  modulesSource: () => state.host.modulesSource(),
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
