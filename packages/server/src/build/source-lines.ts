/**
 * Puts what a compiler printed on the lines of its source, so that an error tells the line that the author knows. The
 * code must have been printed without line breaks but those within its texts.
 */

export interface SourceMap {
  readonly mappings: string
}

interface Segment {
  /** Characters of the code before it. */
  readonly offset: number
  /** In the source, from 0. */
  readonly sourceLine: number
}

/** Breaks the code where a line of the source begins, or soon after. */
export function onSourceLines(code: string, { mappings }: SourceMap): string {
  const segments = segmentsOf(code, mappings)
  const soonest = soonestLines(segments)
  let placed = ''
  let line = 0
  let from = 0
  segments.forEach(({ offset }, index) => {
    const piece = code.slice(from, offset)
    line += piece.split('\n').length - 1
    const missing = (soonest[index] ?? 0) - line
    placed += piece
    from = offset
    if (missing <= 0 || !mayBreakBehind(code[offset - 1])) return
    placed += '\n'.repeat(missing)
    line += missing
  })
  return placed + code.slice(from)
}

// Not behind a word (`return`, `async`), where a break would end the statement, nor behind a brace, where the rest of a
// text may follow.
function mayBreakBehind(character: string | undefined): boolean {
  return character === undefined || ';{,([=?:&|'.includes(character)
}

/** What the compiler put in front names things of later lines: a break may not go beyond any line that is to come. */
function soonestLines(segments: readonly Segment[]): number[] {
  let soonest = Number.POSITIVE_INFINITY
  return segments
    .map(({ sourceLine }) => sourceLine)
    .reverse()
    .map((line) => {
      soonest = Math.min(soonest, line)
      return soonest
    })
    .reverse()
}

/** Of a source map's `mappings` (ECMA-426): each segment is numbers that count from those of the one before. */
function segmentsOf(code: string, mappings: string): Segment[] {
  const lines = code.split('\n')
  let lineStart = 0
  let sourceLine = 0
  return mappings.split(';').flatMap((mappingsOfLine, index) => {
    const start = lineStart
    lineStart += (lines[index]?.length ?? 0) + 1
    let column = 0
    return mappingsOfLine.split(',').flatMap((text) => {
      const [columnStep, source, lineStep = 0] = numbersOf(text)
      if (columnStep === undefined) return []
      column += columnStep
      if (source === undefined) return []
      sourceLine += lineStep
      return [{ offset: start + column, sourceLine }]
    })
  })
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 VLQ: six bits a character, of which the first says that more follow; the last bit of all is the sign. */
function numbersOf(text: string): number[] {
  const numbers: number[] = []
  let value = 0
  let shift = 0
  for (const character of text) {
    const digit = digits.indexOf(character)
    value += (digit & 31) * 2 ** shift
    shift += 5
    if (digit & 32) continue
    numbers.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2)
    value = 0
    shift = 0
  }
  return numbers
}
