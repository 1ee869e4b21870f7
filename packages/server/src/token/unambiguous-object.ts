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

/** Whether an object in this valid JSON, on any level, names a member twice. */
export function repeatsMember(json: string): boolean {
  const open: Set<string>[] = []
  let before = ''
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at]
    if (character === '"') {
      // A string is skipped whole, so that what looks like structure inside it is passed over.
      const end = endOfString(json, at)
      before = json.slice(at, end + 1)
      at = end
    } else if (character === '{' || character === '[') open.push(new Set())
    else if (character === '}' || character === ']') open.pop()
    else if (character === ':') {
      const name = nameOf(before)
      if (open.at(-1)?.has(name)) return true
      open.at(-1)?.add(name)
    }
  }
  return false
}

function endOfString(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}

/** Compared as it reads: `\u0061` is an `a`. */
function nameOf(text: string): string {
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1)
}
