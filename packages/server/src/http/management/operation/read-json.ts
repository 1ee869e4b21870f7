/**
 * How bodies are read: as JSON. An empty body counts as none, since some tools name a type and send nothing. A body
 * that could not be stored as it was sent, or that says two things, is refused as a whole.
 */
import type { FastifyInstance } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import { repeatsMember } from '../../../token/unambiguous-object.ts'

export function readJson(api: FastifyInstance): void {
  // A member that JavaScript treats specially has the whole body refused.
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
  // Of two, the last would count and the first be silently ignored.
  if (repeatsMember(text)) return refused('names a member twice')
  // A lone surrogate can only come as an escape, and could be neither stored nor sent back.
  if (/\\ud[89a-f]/i.test(text) && holdsHalfCharacter(value)) return refused('holds half a character')
  return null
}

// Iterative, since a body may be nested deeper than the stack allows.
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
