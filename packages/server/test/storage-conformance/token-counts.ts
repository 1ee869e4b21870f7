import { expect, test } from 'vitest'
import type { LogEntry } from '../../src/domain/log-entry.ts'
import type { Current } from './current.ts'
import { sampleChange, sampleExchange } from './log-samples.ts'
import { acme, globex, idOf } from './samples.ts'

const day = 86_400
/** `sampleExchange` dates entry 0 at the first second of 2030. */
const firstDay = '2030-01-01'

export function registerTokenCountTests(current: Current): void {
  const add = (...entries: LogEntry[]) => current().commit(entries.map(current().logEntries.insert))
  const counts = (filter: { clientId?: LogEntry['clientId']; audience?: string } = {}) => {
    const { clientId, audience } = filter
    return current().tokenCounts.list(
      acme.id,
      {
        fromDay: firstDay,
        toDay: '2030-12-31',
        ...(clientId && { clientId }),
        ...(audience !== undefined && { audience }),
      },
      100,
    )
  }

  test('an entry that cannot be stored is not counted', async () => {
    await add(sampleExchange(1))
    await expect(add(sampleExchange(1))).rejects.toThrow()
    expect(await counts()).toMatchObject([{ issued: 1 }])
  })

  test('each exchange is counted by its day, client and API, and nothing else is', async () => {
    const other = { clientId: idOf<NonNullable<LogEntry['clientId']>>('client_2') }
    await add(
      sampleExchange(1),
      sampleExchange(2),
      sampleExchange(3, other),
      sampleExchange(4, { audience: 'urn:other' }),
      sampleExchange(day + 1),
      sampleExchange(5, { type: 'feccft' }),
      sampleExchange(6, { type: 'feccft', clientName: undefined, audience: 'made up' }),
      sampleChange(7),
      sampleExchange(8, { tenantId: globex.id }),
    )
    const api = 'https://api.example.com/'
    const count = (clientId: string, audience: string, issued: number, refused = 0) => ({
      day: firstDay,
      clientId,
      audience,
      issued,
      refused,
    })
    expect(await counts()).toEqual([
      count('', '', 0, 1),
      count('client_1', '', 0, 1),
      count('client_1', api, 2),
      count('client_1', 'urn:other', 1),
      count('client_2', api, 1),
      { ...count('client_1', api, 1), day: '2030-01-02' },
    ])
    expect(await counts(other)).toEqual([count('client_2', api, 1)])
    expect(await counts({ audience: 'urn:other' })).toEqual([count('client_1', 'urn:other', 1)])
    expect(await current().tokenCounts.activeClients(acme.id, firstDay)).toBe(2)
    expect(await current().tokenCounts.activeClients(acme.id, '2030-01-02')).toBe(1)
    expect(await current().tokenCounts.daily(acme.id, { fromDay: firstDay, toDay: firstDay })).toMatchObject([
      { day: firstDay, issued: 4 },
    ])
  })

  test('counts outlive their entries, and go when their own time is over', async () => {
    const { logEntries, tokenCounts, commit } = current()
    await add(sampleExchange(1), sampleExchange(day), sampleExchange(1, { tenantId: globex.id }))
    await commit([logEntries.removeBefore(new Date('2031-01-01'), 100)])
    expect(await counts()).toHaveLength(2)
    expect(await tokenCounts.oldestAt()).toEqual(new Date(firstDay))
    await commit([tokenCounts.removeBefore(new Date('2030-01-02'), 1)])
    expect(await tokenCounts.oldestAt()).toEqual(new Date(firstDay))
    await commit([tokenCounts.removeBefore(new Date('2030-01-02'), 100)])
    expect(await counts()).toMatchObject([{ day: '2030-01-02' }])
  })
}
