/** Runs a command-line program as a person would, in a home folder of its own and without the settings of this machine. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compiledCache } from '../../server/test/compiled-cache.ts'

export interface Ended {
  readonly code: number | null
  /** Without colours. */
  readonly out: string
  readonly err: string
}

export interface Running {
  /** What has been printed so far, once the condition holds. */
  until(met: (out: string, err: string) => boolean): Promise<string>
  interrupt(): void
  readonly ended: Promise<Ended>
}

export type TestHome = ReturnType<typeof makeHome>

/** Files are named by their path in it; programs run with it as home and working folder. */
export function makeHome(files: Readonly<Record<string, string>> = {}) {
  const path = mkdtempSync(join(tmpdir(), 'tallystick-home-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** `input` undefined: a standard input that is open and stays silent, as a careless script leaves it. */
export function start(
  home: TestHome,
  bin: string,
  args: readonly string[],
  input?: string,
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: home.path,
    env: { HOME: home.path, PATH: process.env.PATH ?? '', NO_UPDATE_NOTIFIER: '1', ...compiledCache, ...env },
  })
  if (input !== undefined) child.stdin.end(input)
  child.stdin.on('error', () => undefined)
  let out = ''
  let err = ''
  let changed = Promise.withResolvers<void>()
  const tell = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += withoutColours(text)
    tell()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += withoutColours(text)
    tell()
  })
  let isRunning = true
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      isRunning = false
      tell()
      child.stdin.destroy()
      resolve({ code, out, err })
    })
  })
  return {
    async until(met) {
      while (!met(out, err)) {
        if (!isRunning) throw new Error(`The program ended before that: ${out}${err}`)
        await changed.promise
      }
      return out
    },
    interrupt: () => child.kill('SIGINT'),
    ended,
  }
}

export function run(
  home: TestHome,
  bin: string,
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return start(home, bin, args, input, env).ended
}

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of colours are what is taken out here
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}
