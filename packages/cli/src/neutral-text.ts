/**
 * Text that others wrote (a rule's console line, a client's name) must not move the cursor, recolour
 * the screen, set the window title or reorder what the operator reads.
 */

// C0 without line feed, DEL, C1; the bidirectional controls; line and paragraph separators.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is made visible here
const harmful = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** Control characters become visible escapes such as `\x1b`; a tab becomes a space. Line feeds stay. */
export function neutralText(text: string): string {
  return text.replaceAll(/\r\n/g, '\n').replace(harmful, (character) => {
    if (character === '\t') return ' '
    const code = character.codePointAt(0) ?? 0
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** The same on one line: line feeds become visible too. */
export function neutralLine(text: string): string {
  return neutralText(text).replaceAll('\n', '\\n')
}

/** JSON for people and programs: escaped where a terminal would obey, and the same value when parsed. */
export function neutralJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, undefined, indent).replace(harmful, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}
