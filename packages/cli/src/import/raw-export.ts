/** An export as its files hold it, whichever of the two formats it has. */
import type { JsonObject } from '../json-object.ts'

export interface RawObject {
  /** Where it stands, for people. */
  readonly place: string
  /** For Hooks and Actions, with the code itself in place of its path. */
  readonly members: JsonObject
}

export interface RawExport {
  readonly tenant: RawObject | undefined
  readonly clients: readonly RawObject[]
  readonly resourceServers: readonly RawObject[]
  readonly clientGrants: readonly RawObject[]
  readonly hooks: readonly RawObject[]
  readonly actions: readonly RawObject[]
  readonly triggers: RawObject | undefined
  /** What the export holds beside these, by name. */
  readonly others: readonly string[]
}
