/**
 * What pages, help and messages tell people to type is understood: each command line in them is read by the programs
 * themselves. Nothing is carried out, so a value may be a placeholder; nouns, verbs and options may not.
 */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { blocksOf, shellCommands } from '../test/page-commands.ts'
import { createProgram } from './program.ts'
import { createTerminal } from './terminal.ts'
import { createWtProgram } from './wt/program.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const filesAt = (pattern: string) => globSync(pattern, { cwd: root }).toSorted()
const pages = ['README.md', ...filesAt('{docs,docs/resource-servers,packages/cli,packages/cli/src/wt}/*.md')]
const sources = filesAt('packages/{cli,server}/src/**/*.ts').filter((file) => !file.endsWith('.test.ts'))

test.each(pages)('the commands of %s can be typed', async (page) => {
  const text = readFileSync(`${root}${page}`, 'utf8')
  const indented = [...text.matchAll(/^ {4}(?:[A-Z_]+=\S+ )*(?:tallystick|wt) .*$/gm)].map(([line]) => line)
  const lines = [...blocksOf(text), ...indented]
    .flatMap(shellCommands)
    .filter(([program = '']) => program in programs)
  expect(await faultsOf(lines, faultOfLine)).toEqual([])
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
  const named = [...prose.matchAll(/`(?:npx )?((?:tallystick|wt) [^`]+)`/g)].map(([, line = '']) => line)
  expect(await faultsOf(named.flatMap(shellCommands), faultOfName)).toEqual([])
})

test('the examples in the help of each command can be typed', async () => {
  let help = ''
  const show = (command: Command): void => {
    command.outputHelp()
    for (const each of command.commands) show(each)
  }
  show(await programs.tallystick((text) => (help += text)))
  show(await programs.wt((text) => (help += text)))
  const examples = [...help.matchAll(/^ {2}(?:\$ )?((?:\w+=\S+ )?(?:tallystick|wt) .*)$/gm)].map(
    ([, line = '']) => line,
  )
  expect(examples.length).toBeGreaterThan(40)
  expect(await faultsOf(examples.flatMap(shellCommands), faultOfLine)).toEqual([])
})

test('the commands that messages name are there', async () => {
  const named = sources.flatMap((file) => {
    const text = readFileSync(`${root}${file}`, 'utf8')
    return [...text.matchAll(/`(tallystick [^`\\]+)\\?`|\b(tallystick [a-z -]+ --help)/g)].map(
      ([, quoted, other = '']) => quoted ?? other,
    )
  })
  expect(named.length).toBeGreaterThan(40)
  expect(await faultsOf(named.flatMap(shellCommands), faultOfName)).toEqual([])
})

type WriteOut = (text: string) => void

const programs: Readonly<Record<string, (writeOut: WriteOut) => Promise<Command>>> & {
  readonly tallystick: (writeOut: WriteOut) => Promise<Command>
  readonly wt: (writeOut: WriteOut) => Promise<Command>
} = {
  tallystick: async (writeOut) => {
    const loadContext = async () => () => {
      throw new Error('A command was carried out.')
    }
    const deps = { version: '0', writeOut, writeErr: writeOut, loadContext }
    const nouns = (await createProgram({ ...deps, arguments: [] })).commands.map((noun) => noun.name())
    return withoutActions(await createProgram({ ...deps, arguments: nouns }))
  },
  wt: async (writeOut) => {
    const stream = { write: writeOut }
    const terminal = createTerminal({
      input: process.stdin,
      output: stream,
      messages: stream,
      env: {},
      noColor: true,
    })
    const context = { terminal, env: {}, workingDir: '/', fetch, interrupted: AbortSignal.abort() }
    return withoutActions(createWtProgram({ version: '0', context, writeOut, writeErr: writeOut }))
  },
}

/** Commands that have others below them stay without an action: named alone they are a fault. */
function withoutActions(program: Command): Command {
  for (const command of program.commands) {
    command.exitOverride()
    if (command.commands.length > 0) withoutActions(command)
    else if (command.name() !== 'help') command.action(() => {})
  }
  return program
}

async function faultsOf(
  lines: readonly string[][],
  faultOf: (line: readonly string[]) => Promise<string | undefined>,
): Promise<string[]> {
  const faults = await Promise.all(lines.map(async (line) => [line.join(' '), await faultOf(line)]))
  return faults.flatMap(([line, fault]) => (fault === undefined ? [] : `${line}: ${fault}`))
}

/** A whole line: all that the command demands is there. */
async function faultOfLine([name = '', ...words]: readonly string[]): Promise<string | undefined> {
  const program = await programs[name]?.(() => {})
  try {
    await program?.parseAsync(words, { from: 'user' })
    return undefined
  } catch (error) {
    return String(error)
  }
}

/** A mention within a sentence, which may leave out what does not matter there. */
async function faultOfName([name = '', ...words]: readonly string[]): Promise<string | undefined> {
  let command = await programs[name]?.(() => {})
  const flags = new Set(['--help'])
  while (command) {
    for (const { long } of command.options) if (long) flags.add(long)
    const [word = ''] = words
    const next = command.commands.find((each) => each.name() === word)
    if (!next && command.commands.length > 0 && /^[a-z]/.test(word)) return `there is no ${word}`
    if (next) words.shift()
    command = next
  }
  return words.find((word) => word.startsWith('--') && !flags.has(word.replace(/=.*/, '')))
}
