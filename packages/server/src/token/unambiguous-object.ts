/**
 * A JSON object that repeats no member, on any level. Of two members with one name some parsers take the last and
 * others the first, so that one text would say two things (RFC 8725 §2.6, RFC 7519 §4).
 */

/** @throws SyntaxError, or TypeError when it is no object or says something twice. */
export function parseUnambiguousObject(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('This is no JSON object.')
  }
  if (repeatsMember(json)) throw new TypeError('A member stands twice.')
  return value as Readonly<Record<string, unknown>>
}

// Strings are matched whole, so that what looks like structure inside one is passed over.
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g

/** Whether an object in this valid JSON, on any level, names a member twice. */
export function repeatsMember(json: string): boolean {
  const open: Set<string>[] = []
  let before = ''
  for (const [text] of json.matchAll(token)) {
    if (text === '{' || text === '[') open.push(new Set())
    else if (text === '}' || text === ']') open.pop()
    else if (text === ':') {
      // Compared as it reads: `\u0061` is an `a`.
      const name = String(JSON.parse(before))
      if (open.at(-1)?.has(name)) return true
      open.at(-1)?.add(name)
    }
    before = text
  }
  return false
}
