/** Coming back to a long log: nobody else waits, and nothing is read before it can be sent. */
import { once } from 'node:events'
import { connect as openSocket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWatch } from '../../../../test/own-time.ts'
import { sampleExchange } from '../../../../test/storage-conformance/log-samples.ts'
import { startTwoTenants, type TwoTenants } from '../../../../test/two-tenants.ts'
import type { LogEntryId } from '../../../domain/log-entry.ts'
import { newLogEntryId } from '../../../logs/log-entry-id.ts'

const rows = 50_000
let world: TwoTenants
let first: LogEntryId

beforeAll(async () => {
  world = await startTwoTenants()
  first = newLogEntryId()
  const { storage } = world.rooms
  const ids = [first, ...Array.from({ length: rows }, () => newLogEntryId())]
  for (let at = 0; at < ids.length; at += 5000) {
    const entries = ids.slice(at, at + 5000)
    await storage.commit(
      entries.map((id) =>
        storage.logEntries.insert(sampleExchange(1, { tenantId: world.mine.tenant.id, id })),
      ),
    )
  }
})
afterAll(() => world.close())

async function headers(): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await world.mine.token()}`, 'last-event-id': first }
}

test('while a follower gets all it missed, others are answered at once, and it gets each entry once', async () => {
  const { body } = await world.mine.fetch('/api/v2/log-tail', { headers: await headers() })
  const ids = new Set<string>()
  let lines = 0
  let isLive = false
  const reading = (async () => {
    let rest = ''
    for await (const text of (body ?? new ReadableStream<Uint8Array>()).pipeThrough(
      new TextDecoderStream(),
    )) {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) {
        if (!line.startsWith('id: ')) continue
        lines++
        ids.add(line)
      }
      isLive = ids.size >= rows
      if (ids.size === rows + 20) return
    }
  })()
  let slowestMs = 0
  let asked = 0
  while (!isLive || asked < 20) {
    const sinceAsked = startWatch()
    const answer = await world.mine.fetch('/healthz')
    await answer.text()
    slowestMs = Math.max(slowestMs, sinceAsked())
    // Changes while it reads: some are replayed, some come live, none twice.
    if (asked++ < 20) await world.mine.connection.tenantSettings.update({})
  }
  await reading
  expect(slowestMs).toBeLessThan(200)
  expect([lines, ids.size]).toEqual([rows + 20, rows + 20])
})

test('a follower that does not read makes the server read no more than its line can hold', async () => {
  const { logEntries } = world.rooms.storage
  const { listAfter } = logEntries
  let pages = 0
  Object.assign(logEntries, {
    listAfter: (...asked: Parameters<typeof listAfter>) => {
      pages++
      return listAfter(...asked)
    },
  })
  const { hostname, port } = new URL(world.mine.issuer.origin)
  const socket = openSocket({ host: hostname, port: Number(port) })
  try {
    await once(socket, 'connect')
    socket.pause()
    const lines = Object.entries(await headers()).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET /api/v2/log-tail HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${lines.join('')}\r\n`)
    await expect.poll(() => pages).toBeGreaterThan(1)
    let before = 0
    await expect
      .poll(
        () => {
          const isStill = pages === before
          before = pages
          return isStill
        },
        { interval: 300 },
      )
      .toBe(true)
    expect(pages).toBeLessThan(rows / 100 / 2)
  } finally {
    socket.destroy()
    Object.assign(logEntries, { listAfter })
  }
})
