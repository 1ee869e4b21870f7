/** What a request says of its body: media type, charset and content coding. */
import type { IncomingMessage } from 'node:http'

const knownTypes = ['application/x-www-form-urlencoded', 'application/json'] as const
export type BodyType = (typeof knownTypes)[number]

/** A body that is read as something other than what it says could be two requests in one. */
export type BodyFault = 'type' | 'charset' | 'coding'

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameter = new RegExp(`^[ \\t]*(${token})=(?:(${token})|"([^"\\\\]*)")[ \\t]*$`)

/** RFC 9110 §8.3.1. Only UTF-8 is read; parameters other than `charset` change nothing. */
export function bodyTypeOf({
  headersDistinct,
}: Pick<IncomingMessage, 'headersDistinct'>): BodyType | BodyFault {
  const codings = headersDistinct['content-encoding'] ?? []
  if (codings.some((coding) => coding.trim().toLowerCase() !== 'identity')) return 'coding'
  const [contentType = '', ...more] = headersDistinct['content-type'] ?? []
  // Of two, a proxy in between may have read the other one.
  if (more.length > 0) return 'type'
  const [mediaType = '', ...rawParameters] = contentType.split(';')
  const type = knownTypes.find((known) => known === mediaType.trim().toLowerCase())
  if (type === undefined) return 'type'
  const charsets = rawParameters.flatMap((text) => {
    if (text.trim() === '') return []
    const [, name, plain, quoted] = parameter.exec(text) ?? []
    return name === undefined ? ['unreadable'] : name.toLowerCase() === 'charset' ? [plain ?? quoted] : []
  })
  return charsets.every((charset) => charset?.toLowerCase() === 'utf-8') ? type : 'charset'
}
