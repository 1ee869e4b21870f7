import { connect } from '@tallystick/management-api/connect'
import type { TailEvent } from '@tallystick/management-api/contract/log-tail'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TestTenant, type TwoTenants } from '../../../../test/two-tenants.ts'
import { parseClientId } from '../../../domain/client.ts'
import { parseRuleName } from '../../../domain/rule.ts'
import { newRuleId } from '../../../keys/secret/random-id.ts'
import { newLogEntryId } from '../../../logs/log-entry-id.ts'
import type { ConsoleEvent } from '../../../logs/tail.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

function consoleEvent(text: string): ConsoleEvent {
  const ruleName = parseRuleName('myrule')
  const clientId = parseClientId('billing')
  if (!ruleName || !clientId) throw new TypeError('These are no names.')
  return {
    kind: 'console',
    at: new Date(),
    level: 'info',
    text,
    ruleId: newRuleId(),
    ruleName,
    versionNumber: 3,
    requestId: newLogEntryId(),
    clientId,
  }
}

/** Opens the tail and resolves once the server has begun to write. */
async function openTail(tenant: TestTenant, headers: Record<string, string> = {}, claims = {}) {
  const response = await tenant.fetch('/api/v2/log-tail', {
    headers: { authorization: `Bearer ${await tenant.token(['read:logs'], claims)}`, ...headers },
  })
  const reader = (response.body ?? new ReadableStream<Uint8Array>())
    .pipeThrough(new TextDecoderStream())
    .getReader()
  let text = ''
  return {
    response,
    cancel: () => reader.cancel(),
    /** What has come so far, once it holds `mark`, or all of it at the end. */
    async until(mark: string): Promise<string> {
      while (!text.includes(mark)) {
        const { done, value } = await reader.read()
        if (done) return text
        text += value
      }
      return text
    },
  }
}

test('a Last-Event-ID that is no log id is refused', async () => {
  const { response, cancel } = await openTail(world.mine, { 'last-event-id': '1; drop' })
  expect(response.status).toBe(400)
  await cancel()
})

test('a console line comes as one event, with its rule, and to no other tenant', async () => {
  const mine = await openTail(world.mine)
  const theirs = await openTail(world.theirs)
  expect(mine.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  world.rooms.tail.publish(world.mine.tenant.id, consoleEvent('line one\nline two'))
  const text = await mine.until('line two"')
  expect(text).toMatch(/^data: \{"kind":"console".*line one\\nline two.*"version_number":3.*\}$/m)
  await world.theirs.connection.clients.create({ name: 'their own' })
  expect(await theirs.until('their own')).not.toContain('line one')
  await Promise.all([mine.cancel(), theirs.cancel()])
})

test('an entry carries its id, and coming back with it brings what was missed, each once', async () => {
  const first = await openTail(world.mine)
  await world.mine.connection.clients.create({ name: 'seen' })
  const [, seen = ''] = /^id: (.*)\ndata: .*client seen/m.exec(await first.until('client seen')) ?? []
  await first.cancel()
  for (let i = 0; i < 120; i++) await world.mine.connection.tenantSettings.update({})
  await world.mine.connection.clients.create({ name: 'missed' })
  const again = await openTail(world.mine, { 'last-event-id': seen })
  await world.mine.connection.clients.create({ name: 'live' })
  const text = await again.until('client live')
  const ids = text.match(/^id: .*$/gm) ?? []
  expect(ids).toHaveLength(122)
  expect(new Set(ids).size).toBe(122)
  expect(text.indexOf('client missed')).toBeLessThan(text.indexOf('client live'))
  await again.cancel()
})

test('a new follower is told its place in the log before anything happens', async () => {
  await world.mine.connection.clients.create({ name: 'latest' })
  const [newest] = await world.rooms.storage.logEntries.list(
    world.mine.tenant.id,
    {},
    { offset: 0, limit: 1, newestFirst: true },
  )
  const tail = await openTail(world.mine)
  expect(await tail.until('\n\n')).toBe(`id: ${newest?.id}\n\n`)
  await tail.cancel()
})

test('coming back with an entry that is not kept any more is answered with a gap marker first', async () => {
  const tail = await openTail(world.theirs, { 'last-event-id': newLogEntryId() })
  expect(await tail.until('\n\n')).toMatch(/^data: \{"kind":"gap"/)
  await tail.cancel()
})

test('a tail ends when the token it was opened with ends', async () => {
  const exp = Math.floor(Date.now() / 1000) + 1
  const tail = await openTail(world.mine, {}, { exp })
  await tail.until('never comes')
  // Not only when its line would next have been shown to be alive.
  expect(Date.now()).toBeLessThan((exp + 10) * 1000)
})

test('a follower that leaves is let go', async () => {
  for (let i = 0; i < 60; i++) {
    const tail = await openTail(world.theirs)
    expect(tail.response.status).toBe(200)
    await tail.cancel()
  }
})

test('the connection follows, and goes on where it was when the line breaks', async () => {
  const ending = new AbortController()
  const events: TailEvent[] = []
  const reconnects: number[] = []
  const exp = Math.floor(Date.now() / 1000) + 1
  let tokens = 0
  const connection = connect({
    url: world.mine.issuer.origin,
    // The first token ends within the second, and the tail with it.
    getToken: () => world.mine.token(undefined, tokens++ === 0 ? { exp } : {}),
  })
  const { logs } = await world.mine.connection.logs.list({ per_page: 1 })
  const follow = connection.logs.follow({
    signal: ending.signal,
    afterLogId: logs[0]?.log_id ?? '',
    onReconnect: (ms) => reconnects.push(ms),
  })
  const following = (async () => {
    for await (const event of follow) {
      events.push(event)
      if (event.kind === 'entry' && event.entry.description.includes('client after')) ending.abort()
    }
  })()
  await world.mine.connection.clients.create({ name: 'before' })
  await expect.poll(() => reconnects.length).toBe(1)
  await world.mine.connection.clients.create({ name: 'between' })
  await expect.poll(() => tokens).toBe(2)
  await world.mine.connection.clients.create({ name: 'after' })
  await following
  expect(events.map((event) => event.kind === 'entry' && event.entry.description)).toEqual([
    'Created the client before.',
    'Created the client between.',
    'Created the client after.',
  ])
})
