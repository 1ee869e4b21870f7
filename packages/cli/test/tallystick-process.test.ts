/** `tallystick` as a process of its own: what only the operating system can show. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const runFile = promisify(execFile)
const program = fileURLToPath(new URL('../bin/tallystick.js', import.meta.url))
let url: string

/** Answers token requests, and leaves every other request without an answer. */
const silent = createServer((request, response) => {
  if (request.url === '/oauth/token') response.end(JSON.stringify({ access_token: 't' }))
  else silent.emit('asked')
})

beforeAll(async () => {
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  if (address === null || typeof address === 'string') throw new TypeError('The listener has no port.')
  url = `http://127.0.0.1:${address.port}`
})

afterAll(() => {
  silent.closeAllConnections()
  silent.close()
})

test('Ctrl-C ends a command that waits, with 130 and without a word', async () => {
  const tail = start(['logs', 'tail', '--url', url])
  const messages = collect(tail.stderr)
  await once(silent, 'asked')
  tail.kill('SIGINT')
  expect(await once(tail, 'exit')).toEqual([130, null])
  expect(await messages).toBe('')
})

test('a reader that closes the pipe early is no fault', async () => {
  const help = start(['help'])
  const messages = collect(help.stderr)
  help.stdout.destroy()
  expect(await once(help, 'exit')).toEqual([0, null])
  expect(await messages).toBe('')
})

test('an output that cannot be written is told', async () => {
  const { stderr } = await runFile('sh', [
    '-c',
    '"$0" "$1" help > /dev/full; echo $? >&2',
    process.execPath,
    program,
  ])
  expect(stderr).toMatch(/^Error: The output could not be written\.\nWhy: {3}ENOSPC[\s\S]*\n1\n$/)
})

test('an input that never comes is not waited for where it is not asked for', async () => {
  const help = start(['help', 'exit-codes'])
  expect(await collect(help.stdout)).toContain('130')
})

test('a server that npx started ends when the shell of npx is gone', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tallystick-npx-'))
  // As npx has it: a shell in between, which ends at a signal and passes nothing on.
  const shell = spawn('sh', ['-c', '"$0" "$1" serve; :', process.execPath, program], {
    env: { ...process.env, npm_command: 'exec', TALLYSTICK_PORT: '0', TALLYSTICK_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  let output = ''
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk))
  try {
    await expect.poll(() => output).toContain('is ready at')
    shell.kill('SIGTERM')
    // The output closes when the last process that holds it has ended, and that is not the shell.
    await once(shell, 'close')
    expect(shell.signalCode).toBe('SIGTERM')
  } finally {
    endGroup(shell.pid)
    await rm(dataDir, { recursive: true })
  }
})

/** Nothing of a test that failed is left behind; after one that passed there is no such group. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function start(args: readonly string[]) {
  const env = { ...process.env, TALLYSTICK_CLIENT_ID: 'c', TALLYSTICK_CLIENT_SECRET: 's', NO_COLOR: '1' }
  return spawn(process.execPath, [program, ...args], { cwd: '/', env, stdio: ['pipe', 'pipe', 'pipe'] })
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk.toString()
  return text
}
