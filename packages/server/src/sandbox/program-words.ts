/** What programs say on their way out, parsed: an isolate may have been broken out of, so no shape is certain. */
import { type ConsoleLevel, maxThrownMessageLength, maxThrownNameLength } from './invocation.ts'

const levels: ReadonlySet<string> = new Set<ConsoleLevel>(['debug', 'info', 'warn', 'error'])

export function parseLevel(text: string): ConsoleLevel {
  return levels.has(text) ? (text as ConsoleLevel) : 'info'
}

export function parseText(json: string): string {
  try {
    return String(JSON.parse(json))
  } catch {
    return ''
  }
}

export function parseThrown(json: string): { name: string; message: string; line?: number } {
  try {
    const { name, message, line } = JSON.parse(json)
    return {
      name: String(name).slice(0, maxThrownNameLength),
      message: String(message).slice(0, maxThrownMessageLength),
      ...(Number.isInteger(line) && line >= 1 ? { line } : {}),
    }
  } catch {
    return { name: 'Error', message: 'The program threw something that cannot be read.' }
  }
}
