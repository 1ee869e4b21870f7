/** Figures for people, in columns. */

/** A number with as many digits as it deserves. */
export function digits(figure: number): string {
  const fraction = figure >= 100 || figure === 0 ? 0 : figure >= 10 ? 1 : 2
  return figure.toLocaleString('en', { minimumFractionDigits: fraction, maximumFractionDigits: fraction })
}

/** The first column to the left, the others to the right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  for (const row of rows) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return column === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    process.stdout.write(`  ${cells.join('   ')}\n`)
  }
}

export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** A figure, its bound, and whether it was kept. */
export function againstTarget(figure: number, target: { atMost: number } | { atLeast: number }): string[] {
  const [sign, bound, kept] =
    'atMost' in target
      ? ['≤', target.atMost, figure <= target.atMost]
      : ['≥', target.atLeast, figure >= target.atLeast]
  return [digits(figure), `${sign} ${bound.toLocaleString('en')}`, kept ? 'reached' : 'missed']
}
