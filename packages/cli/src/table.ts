/** Tables and detail lists for people. Everything in a cell is somebody's text and is made harmless first. */
import { neutralLine } from './neutral-text.ts'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
}

/** Aligned by blanks alone, so that a table stays useful to `awk` and to a screen reader. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map((column) => neutralLine(column.cell(row))))
  const lines = [columns.map((column) => column.title.toUpperCase()), ...cells]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => shownWidth(line[index] ?? ''))))
  return lines.map((line) =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** `name  value` lines; a value of several lines continues under its first. */
export function formatDetails(details: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...details.map(([name]) => name.length))
  return details.flatMap(([name, value]) =>
    value
      .split('\n')
      .map((line, index) => `${(index === 0 ? name : '').padEnd(width)}  ${neutralLine(line)}`.trimEnd()),
  )
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
