/** First of all: what the packages bundled after this expect to find when they are evaluated. */
import { bridge } from './bridge.js'

const { apply } = Reflect
const loadedAt = Date.now()
const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })

define('global', globalThis)

const resolved = Promise.resolve()
define('queueMicrotask', (callback) => {
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function.')
  void resolved.then(() => callback())
})

define('setTimeout', (callback, delayMs, ...args) => bridge.setTimer(callback, delayMs, args, false))
define('setInterval', (callback, delayMs, ...args) => bridge.setTimer(callback, delayMs, args, true))
define('setImmediate', (callback, ...args) => bridge.setTimer(callback, 0, args, false))
const clear = (timer) => bridge.clearTimer(timer)
define('clearTimeout', clear)
define('clearInterval', clear)
define('clearImmediate', clear)

/** What is written here is a line of the console. */
const output = (fd, level) => ({
  fd,
  isTTY: false,
  write: (text) => {
    bridge.printLine(level, `${text}`)
    return true
  },
})

const refuseExit = () => {
  throw new Error('process.exit is not offered to a rule.')
}
const chain = () => process
const process = {
  env: {},
  argv: ['node'],
  execArgv: [],
  pid: 1,
  title: 'node',
  platform: 'linux',
  arch: 'x64',
  version: 'v24.0.0',
  versions: { node: '24.0.0' },
  release: { name: 'node' },
  stdout: output(1, 'info'),
  stderr: output(2, 'error'),
  browser: false,
  nextTick: (callback, ...args) => {
    void resolved.then(() => apply(callback, undefined, args))
  },
  cwd: () => '/',
  uptime: () => 0,
  hrtime: Object.assign(
    (since) => {
      const now = Date.now()
      const pair = [Math.floor(now / 1000), (now % 1000) * 1e6]
      if (!since) return pair
      const nanoseconds = (pair[0] - since[0]) * 1e9 + pair[1] - since[1]
      return [Math.floor(nanoseconds / 1e9), nanoseconds % 1e9]
    },
    { bigint: () => BigInt(Date.now()) * 1000000n },
  ),
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
  emitWarning: () => undefined,
  exit: refuseExit,
  abort: refuseExit,
  kill: refuseExit,
  on: chain,
  once: chain,
  off: chain,
  emit: () => false,
  removeListener: chain,
  removeAllListeners: chain,
}
define('process', process)
define('performance', { now: () => Date.now() - loadedAt, timeOrigin: 0 })
