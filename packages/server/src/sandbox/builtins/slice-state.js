/**
 * What goes on in an isolate: its invocations, what they wait for, and the commands that the slice has gathered
 * so far. Reached without any prototype that foreign code could change.
 */
import { create, PlainTypeError, slice, stringify } from './intrinsics.js'

export const state = {
  __proto__: null,
  /** What the runner does for the isolate: `{ random, operate, bundleSource }`. */
  host: undefined,
  /** The invocation whose slice runs. */
  current: undefined,
  /** The first of a chain of those that may have something to hand out. */
  touched: undefined,
  out: '',
}
export const live = create(null)
/** Timers and fetches. */
export const waiting = create(null)

export function requireInvocation(what) {
  if (state.current === undefined)
    throw new PlainTypeError(`${what} needs an invocation that is still going on.`)
  return state.current
}

export function emit(kind, invocationId, rest) {
  state.out += `${kind} ${invocationId} ${rest}\n`
}

export function forget(id, entry) {
  delete waiting[id]
  if (entry.isTimer) entry.owner.timers--
  entry.owner.pending--
  touch(entry.owner)
}

export function touch(invocation) {
  if (invocation.isTouched) return
  invocation.isTouched = true
  invocation.nextTouched = state.touched
  state.touched = invocation
}

/** Cut by characters, cheaply, so that a flood stays small in here; the pool counts bytes and says what was cut. */
export function print(invocation, level, text) {
  if (invocation.consoleLeft <= 0) return
  const fitting = text.length > invocation.consoleLeft ? slice(text, 0, invocation.consoleLeft) : text
  invocation.consoleLeft -= fitting.length + 1
  emit('L', invocation.id, `${level} ${stringify(fitting)}`)
}

/** A class without a prototype to inherit from: as safe as an object without one, and several times as fast. */
class Invocation {
  id
  /** One more than is kept, by which the pool knows that there was more. */
  consoleLeft
  timers = 0
  timersSet = 0
  fetchesAsked = 0
  pending = 0
  random = ''
  randomAt = 0
  ended = undefined
  endText = ''
  isHandedOut = false
  isTouched = false
  nextTouched = undefined
  constructor(id, consoleBytes) {
    this.id = id
    this.consoleLeft = consoleBytes + 1
  }
}
Object.setPrototypeOf(Invocation.prototype, null)

export function begin(id, consoleBytes) {
  const invocation = new Invocation(id, consoleBytes)
  live[id] = invocation
  state.current = invocation
  return invocation
}
