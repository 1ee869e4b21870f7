/**
 * How many transactions a SQLite database in WAL mode has committed. With `synchronous = FULL` each is one sync
 * of the log to the disk. SQLite counts them in the header of its WAL index: `iChange`, the third 32-bit
 * number there, in the byte order of the machine (https://www.sqlite.org/walformat.html).
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'

const changeCounterOffset = 8

export function countCommits(databasePath: string): number {
  const file = openSync(`${databasePath}-shm`, 'r')
  try {
    const counter = Buffer.alloc(4)
    readSync(file, counter, 0, counter.length, changeCounterOffset)
    return endianness() === 'LE' ? counter.readUInt32LE() : counter.readUInt32BE()
  } finally {
    closeSync(file)
  }
}
