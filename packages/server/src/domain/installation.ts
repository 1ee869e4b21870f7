/** What this database was made with, so that a server with another master key refuses to touch it. */
import type { Write } from './write.ts'

export interface Installation {
  /** A keyed hash of a constant under the master key; says whether a key is the right one and nothing else. */
  readonly masterKeyFingerprint: string
  readonly createdAt: Date
}

export interface InstallationStore {
  /** Undefined when the database is empty; works before migrations have run. */
  find(): Promise<Installation | undefined>
  insert(installation: Installation): Write
}
