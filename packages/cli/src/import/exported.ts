/** An export after it was parsed: what is for machines, in shapes that the plan can count on. */
import type { JsonObject } from '../json-object.ts'
import type { SecretText } from '../secret-text.ts'

/** Undefined where the export tells the name alone. */
export type ExportedSecrets = ReadonlyMap<string, SecretText | undefined>

export interface ExportedApi {
  readonly identifier: string
  readonly members: JsonObject
}

export interface ExportedClient {
  readonly name: string
  /** Its id at Auth0, where the export was made with identifiers. */
  readonly oldId: string | undefined
  readonly members: JsonObject
}

export interface ExportedGrant {
  readonly place: string
  /** A client's name, or its id at Auth0. */
  readonly client: string
  readonly audience: string
  readonly members: JsonObject
}

export interface ExportedHook {
  readonly place: string
  readonly name: string
  readonly triggerId: string
  readonly enabled: boolean
  readonly script: string
  /** Versions by package. */
  readonly dependencies: Readonly<Record<string, string>>
  readonly secrets: ExportedSecrets
}

export interface ExportedAction {
  readonly place: string
  readonly name: string
  readonly triggers: readonly { readonly id: string; readonly version: string | undefined }[]
  readonly code: string
  readonly runtime: string | undefined
  readonly dependencies: Readonly<Record<string, string>>
  readonly secrets: ExportedSecrets
  /** What the export holds is what ran at Auth0. */
  readonly isDeployed: boolean
  readonly usesModules: boolean
}

export interface ExportedBinding {
  readonly action: string
  readonly displayName: string
}

export interface Exported {
  readonly settings: JsonObject | undefined
  readonly apis: readonly ExportedApi[]
  readonly clients: readonly ExportedClient[]
  readonly grants: readonly ExportedGrant[]
  readonly hooks: readonly ExportedHook[]
  readonly actions: readonly ExportedAction[]
  /** Of the trigger credentials-exchange, in order; undefined when the export does not say. */
  readonly bindings: readonly ExportedBinding[] | undefined
  /** What is not for machines, or not brought in by this command. */
  readonly others: readonly string[]
}
