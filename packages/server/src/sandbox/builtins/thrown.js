/** What a program threw, in words. */
import { indexOf, slice, toInteger, toText } from './intrinsics.js'

const maxErrorLength = 2000

/** Name, message and line of whatever was thrown, without trusting a single property of it. */
export function describe(error) {
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
