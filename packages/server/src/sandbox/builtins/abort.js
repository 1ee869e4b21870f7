/** Events and abort signals, as far as a fetch needs them. */
export class Event {
  constructor(type, options = {}) {
    this.type = String(type)
    this.cancelable = Boolean(options.cancelable)
    this.defaultPrevented = false
    this.target = null
    this.timeStamp = Date.now()
  }
  preventDefault() {
    if (this.cancelable) this.defaultPrevented = true
  }
  stopPropagation() {}
}

export class EventTarget {
  #listeners = []
  addEventListener(type, listener, options) {
    if (typeof listener !== 'function' && typeof listener?.handleEvent !== 'function') return
    const once = Boolean(options?.once)
    if (!this.#listeners.some((entry) => entry.type === type && entry.listener === listener))
      this.#listeners.push({ type, listener, once })
  }
  removeEventListener(type, listener) {
    this.#listeners = this.#listeners.filter((entry) => entry.type !== type || entry.listener !== listener)
  }
  dispatchEvent(event) {
    event.target = this
    const handler = this[`on${event.type}`]
    if (typeof handler === 'function') handler.call(this, event)
    for (const entry of this.#listeners.filter((candidate) => candidate.type === event.type)) {
      if (entry.once) this.removeEventListener(entry.type, entry.listener)
      if (typeof entry.listener === 'function') entry.listener.call(this, event)
      else entry.listener.handleEvent(event)
    }
    return !event.defaultPrevented
  }
}

export class DOMException extends Error {
  constructor(message = '', name = 'Error') {
    super(message)
    Object.defineProperty(this, 'name', { value: name, configurable: true })
  }
}

const abortError = () => new DOMException('This operation was aborted', 'AbortError')

export class AbortSignal extends EventTarget {
  aborted = false
  reason = undefined
  onabort = null
  throwIfAborted() {
    if (this.aborted) throw this.reason
  }
  static abort(reason = abortError()) {
    const controller = new AbortController()
    controller.abort(reason)
    return controller.signal
  }
  static timeout(delayMs) {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new DOMException('The operation timed out', 'TimeoutError')), delayMs)
    return controller.signal
  }
  static any(signals) {
    const controller = new AbortController()
    for (const signal of signals) {
      if (signal.aborted) controller.abort(signal.reason)
      else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
    }
    return controller.signal
  }
}

export class AbortController {
  signal = new AbortSignal()
  abort(reason = abortError()) {
    if (this.signal.aborted) return
    this.signal.aborted = true
    this.signal.reason = reason
    this.signal.dispatchEvent(new Event('abort'))
  }
}
