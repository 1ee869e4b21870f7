/** Versions of Actions on the wire: written once, never changed. */
import { type Static, Type } from 'typebox'
import { triggerId } from './action-triggers.ts'
import { closed, dateTime } from './schema.ts'

export const dependency = closed({ name: Type.String(), version: Type.String() })
/** The name; a value cannot be read back. */
export const secret = closed({ name: Type.String(), updated_at: dateTime })
export const supportedTrigger = closed({ id: triggerId, version: Type.String() })

/** What an Action is, without its draft. */
export const actionBase = closed({
  id: Type.String(),
  name: Type.String(),
  supported_triggers: Type.Array(supportedTrigger),
  /** False when the draft is not what runs. */
  all_changes_deployed: Type.Boolean(),
  created_at: dateTime,
  updated_at: dateTime,
})
export type ActionBase = Static<typeof actionBase>

export const deployedVersion = closed({
  id: Type.String(),
  action_id: Type.String(),
  /** 1, 2, 3 … within the Action. */
  number: Type.Integer({ minimum: 1 }),
  code: Type.String(),
  dependencies: Type.Array(dependency),
  runtime: Type.String(),
  secrets: Type.Array(secret),
  status: Type.Literal('built'),
  /** It is the one that runs. */
  deployed: Type.Boolean(),
  supported_triggers: Type.Array(supportedTrigger),
  built_at: dateTime,
  created_at: dateTime,
  updated_at: dateTime,
})
export type DeployedVersion = Static<typeof deployedVersion>

export const actionVersion = closed({ ...deployedVersion.properties, action: actionBase })
export type ActionVersion = Static<typeof actionVersion>
