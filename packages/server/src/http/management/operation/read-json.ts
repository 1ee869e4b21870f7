/**
 * How bodies are read: as JSON, where nothing at all is no body and no fault. Some tools name a type and send nothing.
 * What could not be kept as it was sent, or says two things, is refused as a whole.
 */
import type { FastifyInstance } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import { repeatsMember } from '../../../token/unambiguous-object.ts'

export function readJson(api: FastifyInstance): void {
  // A member that JavaScript would take for its own refuses the whole body.
  const parse = api.getDefaultJsonParser('error', 'error')
  api.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = textOf(Buffer.from(body))
    if (text === undefined) return done(refused('is not UTF-8'))
    if (text === '') return done(null, undefined)
    void parse(request, text, (error, value) => done(error ?? faultOf(text, value), value))
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** RFC 8259 §8.1. */
function textOf(body: Buffer): string | undefined {
  try {
    return utf8.decode(body)
  } catch {
    return undefined
  }
}

function faultOf(text: string, value: unknown): ManagementError | null {
  // Of two the last one would count, and the first one be ignored without a word.
  if (repeatsMember(text)) return refused('names a member twice')
  // Half a surrogate pair comes by an escape alone, and no store or answer could tell it again.
  if (/\\ud[89a-f]/i.test(text) && holdsHalfCharacter(value)) return refused('holds half a character')
  return null
}

// One after the other, and not each within the last: a body may be nested deeper than there is stack.
function holdsHalfCharacter(body: unknown): boolean {
  const pending = [body]
  for (const value of pending) {
    if (typeof value === 'string' && !value.isWellFormed()) return true
    if (typeof value !== 'object' || value === null) continue
    for (const [name, inner] of Object.entries(value)) pending.push(name, inner)
  }
  return false
}

function refused(fault: string): ManagementError {
  return new ManagementError('invalid_body', `The body could not be read: it ${fault}.`)
}
