/**
 * Programs that try to stop, starve, crash or leave the sandbox, and the endings that count as contained.
 * `harmless` ones must return what is given.
 */
import type { InvocationOutcome } from '../../src/sandbox/invocation.ts'

type Kind = InvocationOutcome['kind']

export interface HostileProgram {
  readonly name: string
  readonly source: string
  readonly endings: readonly Kind[]
  readonly returns?: unknown
}

const stopped: readonly Kind[] = ['timed_out', 'out_of_memory', 'threw', 'runner_lost']

function body(text: string): string {
  return `module.exports = function (input, settle) { ${text} }`
}

function hostile(name: string, text: string, endings: readonly Kind[] = stopped): HostileProgram {
  return { name, source: body(text), endings }
}

function harmless(name: string, text: string, returns: unknown): HostileProgram {
  return { name, source: body(text), endings: ['returned'], returns }
}

export const hostilePrograms: readonly HostileProgram[] = [
  hostile('an endless loop', 'for (;;) {}', ['timed_out']),
  hostile('an endless loop of await', 'return (async () => { for (;;) await null })()', ['timed_out']),
  hostile(
    'an endless chain of promises',
    'const again = () => Promise.resolve().then(again); return again()',
  ),
  hostile(
    'an endless chain of rejections',
    'const again = () => Promise.reject(1).catch(again); return again()',
  ),
  { name: 'an endless loop while loading', source: 'for (;;) {}', endings: ['timed_out'] },
  hostile('a pattern that never ends', "return /^(a+)+$/.test('a'.repeat(40) + 'b')"),
  hostile(
    'a search that cannot be interrupted',
    "return 'a'.repeat(1 << 21).lastIndexOf('a'.repeat(1 << 20) + 'b')",
  ),
  hostile('filling an array of 3 GB', 'return new Array(4e8).fill(0.5).length'),
  hostile('replacing in a text of 256 MB', "return 'a'.repeat(2 ** 28).replace(/a/g, 'bb').length"),
  hostile('splitting a text of 256 MB', "return '.'.repeat(2 ** 28).split('').length"),
  hostile('waiting on shared memory', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', [
    'threw',
  ]),
  hostile('a result that loops while it is written', 'return { toJSON() { for (;;) {} } }', ['timed_out']),
  hostile('arrays without end', 'const all = []; for (;;) all.push(new Array(1e5).fill(1.5))'),
  hostile('array buffers without end', 'const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1))'),
  hostile(
    'texts without end',
    "let text = 'x'.repeat(1e6); const all = []; for (;;) { text += 'y'; all.push(Buffer.from(text)) }",
  ),
  hostile('a map without end', 'const map = new Map(); for (let at = 0; ; at++) map.set(at, { at })'),
  hostile('memory of a WebAssembly module', 'return new WebAssembly.Memory({ initial: 1000 })', ['threw']),
  hostile('shared memory', 'return new SharedArrayBuffer(1e9)', ['threw']),
  hostile('a rejection nobody handles', "Promise.reject(new Error('left alone'))", ['threw']),
  hostile(
    'a rejection that loops while it is looked at',
    "const trap = new Error('x'); Object.defineProperty(trap, 'message', { get() { for (;;) {} } }); Promise.reject(trap)",
  ),
  hostile('a throw in a timer', "setTimeout(() => { throw new Error('later') }, 5)", ['threw']),
  hostile('process.exit', 'process.exit(1)', ['threw']),
  hostile('process.kill', 'process.kill(process.pid)', ['threw']),
  hostile('recursion without end', 'const down = () => down() + 1; return down()', ['threw']),
  hostile('parsing a million brackets', "return JSON.parse('['.repeat(1e6))", [
    'threw',
    'timed_out',
    'out_of_memory',
  ]),
  hostile('evaluating a hundred thousand brackets', "return eval('('.repeat(1e5))", ['threw']),
  hostile('a throw of something that cannot be read', 'throw { get name() { for (;;) {} } }', ['timed_out']),
  hostile('a result of 60 MB', "return 'x'.repeat(6e7)", ['result_refused', 'timed_out', 'out_of_memory']),
  hostile(
    'a result nested 200,000 deep',
    'let deep = {}; for (let at = 0; at < 2e5; at++) deep = { deep }; return deep',
    ['result_refused', 'threw', 'timed_out'],
  ),
  hostile(
    'a result nested 500 deep',
    'let deep = {}; for (let at = 0; at < 500; at++) deep = [deep]; return deep',
    ['result_refused'],
  ),
  hostile('a circular result', 'const circle = {}; circle.circle = circle; return circle', [
    'result_refused',
  ]),
  hostile('a hundred thousand timers', 'for (let at = 0; at < 1e5; at++) setInterval(() => {}, 1)', [
    'threw',
  ]),
  hostile('timers that make timers', 'const again = () => { setTimeout(again); setTimeout(again) }; again()'),
  hostile('never answering', '', ['timed_out']),
  hostile('requiring the file system', "return require('fs').readFileSync('/etc/passwd', 'utf8')", ['threw']),
  hostile('requiring a child process', "require('node:child_process').execSync('id')", ['threw']),
  hostile('requiring by the name of a prototype', "return require('__proto__').x || require('constructor')", [
    'threw',
  ]),
  hostile('requiring what only bundles may', "return typeof require('tallystick:crypto')", ['threw']),
  hostile(
    'key derivation without end',
    "for (;;) require('crypto').pbkdf2Sync('a', 'b', 40000, 32, 'sha512')",
  ),
  harmless(
    'climbing constructors to the process',
    "const process = Buffer.constructor.constructor('return process')(); return [typeof process.binding, typeof process.mainModule, Object.keys(process.env).length]",
    ['undefined', 'undefined', 0],
  ),
  harmless(
    'climbing out through what the host put in',
    'const seen = []; for (const name of Object.getOwnPropertyNames(globalThis)) { if (/tallystick|ivm|payload/i.test(name)) seen.push(name) } return [seen, typeof require.main, typeof module.parent]',
    [[], 'undefined', 'undefined'],
  ),
  harmless(
    'climbing through the stack of an error',
    "Error.prepareStackTrace = (_, frames) => frames.map((frame) => { const found = frame.getThis(); return found && found !== globalThis ? Object.keys(found).length : 0 }); const depths = new Error('x').stack; return Array.isArray(depths)",
    true,
  ),
  harmless(
    'poisoning every prototype in reach',
    "Object.prototype.isAdmin = true; JSON.stringify = () => '{}'; JSON.parse = () => ({}); Array.prototype.map = Array.prototype.push = () => { throw 1 }; Promise.prototype.then = () => {}; String.prototype.slice = () => 'no'; Map.prototype.get = () => 1; Reflect.apply = () => 2; Object.defineProperty(Array.prototype, '0', { set() { throw 3 } }); settle({ fine: 1 })",
    { fine: 1 },
  ),
  harmless(
    'settling twice and then throwing',
    "settle('first'); settle('second'); throw new Error('third')",
    'first',
  ),
  harmless(
    'a million lines',
    "for (let at = 0; at < 1e6; at++) console.log('x'.repeat(1000)); return 'printed'",
    'printed',
  ),
]
