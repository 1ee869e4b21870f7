/** Tables and detail lists for people. Everything in a cell is somebody's text and is made harmless first. */
import { neutralLine } from './neutral-text.ts'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  /** Cut where lines would become longer than they may be. */
  readonly shrinks?: true
}

/** Aligned by spaces alone, so that a table stays useful to `awk` and to a screen reader. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  lineWidth = Number.POSITIVE_INFINITY,
): string[] {
  const cells = rows.map((row) => columns.map((column) => neutralLine(column.cell(row))))
  const lines = [columns.map((column) => column.title.toUpperCase()), ...cells]
  const natural = columns.map((_, index) => Math.max(...lines.map((line) => shownWidth(line[index] ?? ''))))
  const excess = natural.reduce((sum, width) => sum + width + 2, -2) - lineWidth
  const widths = natural.map((width, index) =>
    columns[index]?.shrinks && excess > 0 ? Math.min(width, Math.max(minShrunkWidth, width - excess)) : width,
  )
  return lines.map((line) =>
    line
      .map((cell, index) => pad(cutToWidth(cell, widths[index] ?? 0), widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** A column that shrinks still says something. */
const minShrunkWidth = 20

/** `name  value` lines; a value of several lines continues under its first. */
export function formatDetails(details: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...details.map(([name]) => name.length))
  return details.flatMap(([name, value]) =>
    value
      .split('\n')
      .map((line, index) => `${(index === 0 ? name : '').padEnd(width)}  ${neutralLine(line)}`.trimEnd()),
  )
}

/** Ends with an ellipsis where something was cut. */
export function cutToWidth(text: string, maxWidth: number): string {
  if (shownWidth(text) <= maxWidth) return text
  let cut = ''
  for (const { segment } of graphemes.segment(text)) {
    if (shownWidth(cut) + shownWidth(segment) >= maxWidth) break
    cut += segment
  }
  return `${cut}…`
}

/** Breaks at spaces, so that no line is longer unless one of its words is. */
export function wrapWords(text: string, maxLength: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < maxLength)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - shownWidth(cell)))
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const wide =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60]/u

/** Columns of a terminal that the text takes, near enough for alignment. */
function shownWidth(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}
