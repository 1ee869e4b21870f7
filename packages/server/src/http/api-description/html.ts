/** Text as HTML: nothing in it is markup any more. */
const characterReferences: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => characterReferences[character] ?? '')
}

/** A piece of HTML. Only `html` and `joined` make one, so a text cannot stand where markup belongs. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A template whose values are escaped, but for those that are HTML already. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Html)[]): Html {
  const text = parts.reduce((before, part, index) => before + shown(values[index - 1]) + part)
  return new Html(text)
}

function shown(value: string | number | Html | undefined): string {
  return value instanceof Html ? value.text : escapeHtml(String(value ?? ''))
}

export function joined(pieces: readonly Html[]): Html {
  return new Html(pieces.map(({ text }) => text).join('\n'))
}
