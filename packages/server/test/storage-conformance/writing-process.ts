/**
 * A process that writes log entries until it is killed, and says on its output which ones were acknowledged.
 * Arguments: the data folder and the number of its first entry.
 */
import { writeSync } from 'node:fs'
import { openStorage } from '../../src/storage/storage.ts'
import { sampleExchange } from './log-samples.ts'

const [dataDir = '', first = ''] = process.argv.slice(2)
const storage = await openStorage({ dataDir, now: () => new Date() })
writeSync(1, 'open\n')

for (let number = Number(first); ; number += 4) {
  const numbers = [number, number + 1, number + 2, number + 3]
  await storage.commitGroups(numbers.map((one) => [storage.logEntries.insert(sampleExchange(one))]))
  writeSync(1, numbers.map((one) => `${one}\n`).join(''))
}
