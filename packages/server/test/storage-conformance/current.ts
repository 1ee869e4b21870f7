import type { Storage } from '../../src/domain/storage.ts'

/** The storage of the running test. */
export type Current = () => Storage

/** What the storages of these tests take for the present. */
export const present = new Date('2030-01-01T12:00:00.000Z')
