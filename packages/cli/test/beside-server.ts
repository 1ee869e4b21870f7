/** `tallystick` beside a started server's data folder, where nothing needs to be said: for tests of what commands do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { findFreePort } from '../../server/test/free-port.ts'
import { startTestServer } from '../../server/test/test-server.ts'
import { type RecordedRun, type RunSettings, runRecorded } from './recorded-run.ts'

export type BesideServer = Awaited<ReturnType<typeof startBesideServer>>

export async function startBesideServer() {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-cli-'))
  // The server's own address is its origin, as it is for a user.
  const server = await startTestServer({ settings: { TALLYSTICK_PORT: String(await findFreePort()) } })

  function tallystick(args: readonly string[], settings: RunSettings = {}): Promise<RecordedRun> {
    const env = { TALLYSTICK_DATA_DIR: server.dataDir, ...settings.env }
    return runRecorded(args, { workingDir: folder, ...settings, env })
  }

  async function ok(args: readonly string[], settings: RunSettings = {}): Promise<RecordedRun> {
    const ended = await tallystick(args, settings)
    expect(ended, args.join(' ')).toMatchObject({ exitCode: 0 })
    return ended
  }

  async function json(args: readonly string[]): Promise<unknown> {
    return JSON.parse((await ok([...args, '--json'])).output)
  }

  return {
    server,
    folder,
    tallystick,
    /** Fails the test when the command does not succeed. */
    ok,
    json,

    /** A file in the folder in which commands run; its path. */
    async file(name: string, text: string): Promise<string> {
      await writeFile(join(folder, name), text)
      return join(folder, name)
    },

    async idOfClient(name: string): Promise<string> {
      const { output } = await ok(['clients', 'list'])
      return output.match(new RegExp(`^(\\S+) +${name} `, 'm'))?.[1] ?? ''
    },

    /** Follows until the output has what is awaited, then presses Ctrl-C. */
    followTail(args: readonly string[], isEnough: (output: string) => boolean, isTerminal = false) {
      const interruption = new AbortController()
      const { promise: connected, resolve: isConnected } = Promise.withResolvers<void>()
      const ended = tallystick(['logs', 'tail', ...args], {
        interrupted: interruption.signal,
        isTerminal,
        env: { NO_COLOR: '1' },
        // A follower sees what happens after it came.
        onAnswer: ({ url }) => {
          if (new URL(url).pathname === '/api/v2/log-tail') isConnected()
        },
        onOutput: (output) => {
          if (isEnough(output)) interruption.abort()
        },
      })
      return { ended, connected }
    },

    async close(): Promise<void> {
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}
