import { expect, test } from 'vitest'
import type { ExchangeRecord } from '../../src/domain/exchange-record.ts'
import type { LogEntry } from '../../src/domain/log-entry.ts'
import type { LogEntryFilter } from '../../src/domain/log-search.ts'
import { AlreadyExistsError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { logId, sampleActionFailure, sampleChange, sampleExchange, sampleWarning } from './log-samples.ts'
import { acme, globex, idOf, secondsIn } from './samples.ts'

export function registerLogTests(current: Current): void {
  const add = async (...entries: LogEntry[]) => {
    for (const entry of entries) await current().commit([current().logEntries.insert(entry)])
  }
  const numberOf = (entry: LogEntry) => Number(entry.id.slice(-12))
  const after = async (number: number | undefined, limit = 100) => {
    const id = number === undefined ? undefined : logId(number)
    return (await current().logEntries.listAfter(acme.id, id, limit)).map(numberOf)
  }

  test('an id is taken once per tenant, and an entry needs its tenant', async () => {
    await add(sampleExchange(1), sampleExchange(1, { tenantId: globex.id }))
    await expect(add(sampleExchange(1))).rejects.toThrow(AlreadyExistsError)
    await expect(add(sampleExchange(2, { tenantId: idOf('ten_3') }))).rejects.toThrow(GoneError)
  })

  test('another tenant sees no entry, by no id', async () => {
    await add(sampleExchange(1))
    const { logEntries } = current()
    expect(await logEntries.find(globex.id, logId(1))).toBeUndefined()
    expect(await logEntries.listAfter(globex.id, undefined, 100)).toEqual([])
    const page = { offset: 0, limit: 100, newestFirst: true }
    expect(await logEntries.list(globex.id, {}, page)).toEqual([])
    expect(await logEntries.count(globex.id, {})).toBe(0)
  })

  test('every kind of entry comes back as it was stored', async () => {
    const refused = sampleExchange(2, {
      type: 'feccft',
      error: 'access_denied',
      jti: undefined,
      audience: undefined,
      clientId: undefined,
      clientName: undefined,
      rules: [],
    })
    const entries = [
      sampleExchange(1),
      refused,
      sampleActionFailure(5),
      sampleWarning(6),
      sampleChange(3),
      sampleChange(4, { type: 'fapi' }),
    ]
    await add(...entries)
    for (const entry of entries) {
      expect(await current().logEntries.find(acme.id, entry.id)).toEqual(entry)
    }
    expect(await current().logEntries.find(acme.id, logId(9))).toBeUndefined()
  })

  test('entries are listed from either end, by type, by client and by both, with the true total', async () => {
    const other = idOf<NonNullable<LogEntry['clientId']>>('client_2')
    await add(
      sampleExchange(1),
      sampleExchange(2, { type: 'feccft' }),
      sampleExchange(3, { clientId: other }),
      sampleExchange(4, { type: 'feccft', clientId: other }),
      sampleChange(5),
    )
    const list = async (filter: LogEntryFilter, newestFirst: boolean, offset = 0, limit = 100) => {
      const { logEntries } = current()
      const page = await logEntries.list(acme.id, filter, { offset, limit, newestFirst })
      return [await logEntries.count(acme.id, filter), ...page.map(numberOf)]
    }
    expect(await list({}, true)).toEqual([5, 5, 4, 3, 2, 1])
    expect(await list({}, false)).toEqual([5, 1, 2, 3, 4, 5])
    expect(await list({}, true, 1, 2)).toEqual([5, 4, 3])
    expect(await list({ type: 'feccft' }, true)).toEqual([2, 4, 2])
    expect(await list({ clientId: other }, false)).toEqual([2, 3, 4])
    expect(await list({ type: 'feccft', clientId: other }, false)).toEqual([1, 4])
    expect(await list({ type: 'fapi' }, false)).toEqual([0])
  })

  test('a log that is long is counted whole', async () => {
    const { logEntries, commit } = current()
    const entries = Array.from({ length: 20_001 }, (_, at) => sampleExchange(at))
    await commit(entries.map(logEntries.insert))
    await add(sampleExchange(30_000, { type: 'feccft' }))
    expect(await logEntries.count(acme.id, {})).toBe(20_002)
    expect(await logEntries.count(acme.id, { type: 'seccft' })).toBe(20_001)
  })

  test('a reader who follows misses no entry that was committed late', async () => {
    await add(sampleExchange(2))
    expect(await after(undefined)).toEqual([2])
    await add(sampleExchange(1), sampleExchange(3))
    expect(await after(2)).toEqual([1, 3])
    expect(await after(1)).toEqual([3])
    expect(await after(3)).toEqual([])
    expect(await after(undefined, 2)).toEqual([2, 1])
  })

  test('a reader whose last entry is gone gets everything that came after it', async () => {
    await add(sampleExchange(2), sampleExchange(4), sampleExchange(5))
    expect(await after(1)).toEqual([2, 4, 5])
    expect(await after(3)).toEqual([4, 5])
    expect(await after(9)).toEqual([])
  })

  test('a reader with an id of another tenant gets nothing of that tenant', async () => {
    await add(sampleExchange(1), sampleExchange(2, { tenantId: globex.id }), sampleExchange(3))
    expect(await after(2)).toEqual([3])
  })

  test('what is too old goes in steps, in all tenants, and what is not stays', async () => {
    const { logEntries, commit } = current()
    expect(await logEntries.oldestAt()).toBeUndefined()
    await add(sampleExchange(3), sampleExchange(1), sampleExchange(2, { tenantId: globex.id }))
    expect(await logEntries.oldestAt()).toEqual(secondsIn(1))
    await commit([logEntries.removeBefore(secondsIn(3), 1)])
    expect(await logEntries.oldestAt()).toEqual(secondsIn(2))
    await commit([logEntries.removeBefore(secondsIn(3), 100)])
    expect(await logEntries.oldestAt()).toEqual(secondsIn(3))
    expect(await after(undefined)).toEqual([3])
  })

  test('entries that come after a removal come after those removed', async () => {
    await add(sampleExchange(1), sampleExchange(2))
    await current().commit([current().logEntries.removeBefore(secondsIn(9), 100)])
    await add(sampleExchange(3))
    expect(await after(2)).toEqual([3])
  })

  test('an exchange record comes back to its own tenant, until its time is over', async () => {
    const { exchangeRecords, commit } = current()
    const content = idOf<ExchangeRecord['content']>('e1.abc.def')
    const stored = { tenantId: acme.id, id: logId(1), at: secondsIn(1), content }
    await commit([exchangeRecords.insert(stored)])
    await expect(commit([exchangeRecords.insert(stored)])).rejects.toThrow(AlreadyExistsError)
    expect(await exchangeRecords.find(acme.id, stored.id)).toEqual(stored)
    expect(await exchangeRecords.find(globex.id, stored.id)).toBeUndefined()
    expect(await exchangeRecords.oldestAt()).toEqual(secondsIn(1))
    await commit([exchangeRecords.removeBefore(secondsIn(1), 100)])
    expect(await exchangeRecords.find(acme.id, stored.id)).toEqual(stored)
    await commit([exchangeRecords.removeBefore(secondsIn(2), 100)])
    expect(await exchangeRecords.oldestAt()).toBeUndefined()
  })
}
