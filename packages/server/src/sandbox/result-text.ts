/** The text a program handed over, on its way to becoming a value: measured before it is parsed. */

/** UTF-16 units of one result. */
const maxResultLength = 1_000_000
/** A value nested deeper could not be written out again without exhausting the stack. */
const maxResultDepth = 100

export type ParsedResult =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly reason: string }

/** Empty text means `undefined`. */
export function parseResult(text: string): ParsedResult {
  if (text === '') return { kind: 'value', value: undefined }
  if (text.length > maxResultLength) return { kind: 'refused', reason: 'The result is larger than 1 MB.' }
  if (isDeeperThan(text, maxResultDepth)) {
    return { kind: 'refused', reason: `The result is nested deeper than ${maxResultDepth} levels.` }
  }
  try {
    return { kind: 'value', value: JSON.parse(text) }
  } catch {
    return { kind: 'refused', reason: 'The result is not JSON.' }
  }
}

function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isInString) {
      if (code === 0x5c) at++
      else if (code === 0x22) isInString = false
    } else if (code === 0x22) isInString = true
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) return true
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return false
}
