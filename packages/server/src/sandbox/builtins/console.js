/** `console`: each call becomes one line of the invocation whose slice is running. */
import { bridge } from './bridge.js'
import { format, inspect } from './inspect.js'

const counts = new Map()
const timers = new Map()
let indent = ''

function printer(level) {
  return (...args) => {
    if (!bridge.hasConsoleRoom()) return
    bridge.printLine(level, indent + format(...args))
  }
}

const log = printer('info')
const error = printer('error')

globalThis.console = {
  log,
  info: log,
  debug: printer('debug'),
  warn: printer('warn'),
  error,
  trace: (...args) => {
    const stack = String(new Error().stack).split('\n').slice(2).join('\n')
    error(`Trace: ${format(...args)}\n${stack}`)
  },
  dir: (value, options) => log(inspect(value, options)),
  dirxml: log,
  table: log,
  assert: (condition, ...args) => {
    if (!condition) error(args.length > 0 ? `Assertion failed: ${format(...args)}` : 'Assertion failed')
  },
  count: (label = 'default') => {
    counts.set(String(label), (counts.get(String(label)) ?? 0) + 1)
    log(`${label}: ${counts.get(String(label))}`)
  },
  countReset: (label = 'default') => counts.delete(String(label)),
  group: (...args) => {
    if (args.length > 0) log(...args)
    if (indent.length < 40) indent += '  '
  },
  groupCollapsed: (...args) => console.group(...args),
  groupEnd: () => {
    indent = indent.slice(2)
  },
  time: (label = 'default') => timers.set(String(label), Date.now()),
  timeLog: (label = 'default') =>
    log(`${label}: ${Date.now() - (timers.get(String(label)) ?? Date.now())}ms`),
  timeEnd: (label = 'default') => {
    console.timeLog(label)
    timers.delete(String(label))
  },
}
