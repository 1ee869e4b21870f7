/**
 * The place where a command is seen. Data goes to standard output and everything else to standard
 * error, so that a pipe carries data alone. Whoever prints decides nothing about streams or colour.
 */
import type { ReadStream } from 'node:tty'
import picocolors from 'picocolors'
import { neutralJson } from './neutral-text.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What a terminal needs of a stream; `process.stdout` and a test's recorder both are one. */
export interface OutputStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface InputStream extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean
}

export type Colors = ReturnType<typeof picocolors.createColors>

export interface Terminal {
  /** For text on standard output. */
  readonly colors: Colors
  /** For text on standard error. */
  readonly messageColors: Colors
  readonly input: InputStream
  readonly messages: OutputStream
  /** Columns that a line of a list may take: bounded where somebody reads it, and never in a pipe. */
  readonly lineWidth: number
  /** True when somebody can be asked: standard input and standard error are a terminal. */
  readonly canAsk: boolean
  /** One or more lines of data, on standard output. */
  print(lines: string | readonly string[]): void
  /** A value as JSON, on standard output. */
  printJson(value: unknown): void
  /** A value as JSON on one line, for output that goes on and on. */
  printJsonLine(value: unknown): void
  /** One or more lines about what is going on, on standard error. */
  say(lines: string | readonly string[]): void
}

export interface TerminalDeps {
  readonly input: InputStream
  readonly output: OutputStream
  readonly messages: OutputStream
  readonly env: Environment
  /** `--no-color` was given. */
  readonly noColor: boolean
}

const maxLineWidth = 160

export function createTerminal({ input, output, messages, env, noColor }: TerminalDeps): Terminal {
  const write = (stream: OutputStream, lines: string | readonly string[]): void => {
    const text = typeof lines === 'string' ? lines : lines.join('\n')
    // Nothing to print is nothing, and no blank line.
    if (lines.length > 0) stream.write(`${text}\n`)
  }
  return {
    colors: picocolors.createColors(!noColor && wantsColor(output, env)),
    messageColors: picocolors.createColors(!noColor && wantsColor(messages, env)),
    input,
    messages,
    lineWidth: output.isTTY === true ? maxLineWidth : Number.POSITIVE_INFINITY,
    canAsk: input.isTTY === true && messages.isTTY === true,
    print: (lines) => write(output, lines),
    printJson: (value) => write(output, neutralJson(value)),
    printJsonLine: (value) => write(output, neutralJson(value, 0)),
    say: (lines) => write(messages, lines),
  }
}

/** An empty `NO_COLOR` or `FORCE_COLOR` counts as unset (no-color.org). */
function wantsColor(stream: OutputStream, env: Environment): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** A terminal that can be switched to hand over each key as it is pressed. */
export function isKeyboard(input: InputStream): input is ReadStream {
  return input.isTTY === true && 'setRawMode' in input
}
