/**
 * Entity tags (RFC 9110 §8.8.3): strong ones, of what a reader of the whole object sees. Equal tags mean that nothing
 * a reader could see has changed.
 */
import { createHash } from 'node:crypto'
import { ManagementError } from '../../../domain/errors.ts'

/** Made of an answer, without the members that are shown only once. */
export function entityTagOf(answer: unknown, shownOnce: readonly string[] = []): string {
  const lasting = Object.entries(Object(answer)).filter(([name]) => !shownOnce.includes(name))
  const isObject = typeof answer === 'object' && !Array.isArray(answer)
  const text = JSON.stringify(isObject ? Object.fromEntries(lasting) : answer)
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`
}

/** What `If-Match` or `If-None-Match` holds: any object, or one of these tags. */
export type TagCondition = '*' | readonly string[]

const tagList = /^\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"\s*)*$/

/** Undefined without the header. @throws ManagementError `invalid_header` when it holds no entity tags. */
export function parseTagCondition(name: string, raw: string | undefined): TagCondition | undefined {
  if (raw === undefined) return undefined
  if (raw.trim() === '*') return '*'
  if (raw.length <= maxConditionLength && tagList.test(raw)) {
    return raw.match(/(?:W\/)?"[^"]*"/g) ?? []
  }
  throw new ManagementError(
    'invalid_header',
    `The header ${name} must be * or entity tags in quotation marks, as an ETag header gave them.`,
  )
}

/** Characters. A longer list is refused. */
const maxConditionLength = 4000

/** RFC 9110 §8.8.3.2: for a change both must be strong and the same. */
export function matchesStrongly(condition: TagCondition, tag: string): boolean {
  return condition === '*' || condition.includes(tag)
}

/** For reading, a weak tag counts as well. */
export function matchesWeakly(condition: TagCondition, tag: string): boolean {
  return condition === '*' || condition.some((one) => one.replace(/^W\//, '') === tag)
}
