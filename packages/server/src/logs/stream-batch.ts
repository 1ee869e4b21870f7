/** What goes out in one request of a log stream, and as which text. */
import type { LogPlace, PlacedLogEntry } from '../domain/log-entry.ts'
import { type LogStream, type LogStreamFormat, logCategoryOf } from '../domain/log-stream.ts'

export interface StreamBatch {
  /** Of these very entries: the same whenever they are sent again. */
  readonly id: string
  readonly body: string
  /** Behind everything that it holds or leaves out. */
  readonly place: LogPlace
}

/** UTF-16 units of one body. A single entry may be longer. */
export const maxBodyLength = 1_000_000

/** The first of the entries, which are not empty; undefined body where none of them is of the stream's categories. */
export function batchOf(
  stream: Pick<LogStream, 'id' | 'categories' | 'sink'>,
  entries: readonly PlacedLogEntry[],
  render: (placed: PlacedLogEntry) => string,
): StreamBatch | { readonly place: LogPlace; readonly body: undefined } {
  const texts: string[] = []
  let length = 0
  let place = 0
  let first: PlacedLogEntry | undefined
  for (const placed of entries) {
    if (isWanted(stream, placed)) {
      const text = render(placed)
      if (texts.length > 0 && length + text.length > maxBodyLength) break
      first ??= placed
      texts.push(text)
      length += text.length
    }
    place = placed.place
  }
  if (!first) return { place, body: undefined }
  return { id: `${stream.id}_${first.place}_${place}`, body: bodyOf(stream.sink.contentFormat, texts), place }
}

function isWanted({ categories }: Pick<LogStream, 'categories'>, { entry }: PlacedLogEntry): boolean {
  return categories.length === 0 || categories.includes(logCategoryOf[entry.type])
}

function bodyOf(format: LogStreamFormat, texts: readonly string[]): string {
  switch (format) {
    case 'JSONLINES':
      return texts.map((text) => `${text}\n`).join('')
    case 'JSONARRAY':
      return `[${texts.join(',')}]`
    case 'JSONOBJECT':
      return `{"logs":[${texts.join(',')}]}`
  }
}
