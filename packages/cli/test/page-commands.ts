/** The commands that a page of the project tells its readers to type. */

/** Of a page, or of what stands below one of its headings: the blocks in the language of shells. */
export function blocksOf(page: string, heading?: string): string[] {
  const section = heading === undefined ? page : sectionOf(page, heading)
  // Those in other languages are read as well, or their ends would be taken for beginnings.
  return [...section.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)]
    .filter(([, , language = '']) => language === '' || language === 'sh')
    .map(([, , , block = '']) => block)
}

/** @throws Error when the page has no such heading. */
function sectionOf(page: string, heading: string): string {
  const [, below] = page.split(`\n${heading}\n`)
  if (below === undefined) throw new Error(`The page has no heading ${heading}`)
  const depth = heading.indexOf(' ')
  return below.split(new RegExp(`^#{1,${depth}} `, 'm'))[0] ?? ''
}

/** The commands of a text in the language of shells, each as its words; of redirections and comments nothing is left. */
export function shellCommands(text: string): string[][] {
  const commands: string[][] = [[]]
  const joined = text.replaceAll('\\\n', ' ').replaceAll(/(^|\s)#.*$/gm, '')
  for (const [token] of joined.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"|&;()<>])+|[\n|&;()]|[<>] *\S+/g)) {
    if (/^[\n|&;()]/.test(token)) commands.push([])
    else if (!/^[<>]/.test(token)) commands.at(-1)?.push(token.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))
  }
  return commands.map(withoutPrefix).filter((words) => words.length > 0)
}

/** Settings of the environment, and what finds the program. */
function withoutPrefix(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !/^(?:[A-Z_]+=.*|npx)$/.test(word))
  return first < 0 ? [] : words.slice(first)
}
