/** The words of a plan: what is to be done, and what there is to say about it. */
import type { Connection } from '@tallystick/management-api/connect'
import type { SecretText } from '../secret-text.ts'

export type Noun = 'settings' | 'API' | 'client' | 'Hook' | 'Action' | 'bindings' | 'client grant'

/**
 * In this order. What lets tokens out comes last: a grant that is there before the rule that would refuse is a hole,
 * be it for a moment.
 */
export const stages = ['objects', 'rules', 'bindings', 'grants'] as const
export type Stage = (typeof stages)[number]

export interface Step {
  readonly stage: Stage
  readonly verb: 'create' | 'change' | 'renew' | 'deploy' | 'bind'
  readonly noun: Noun
  readonly name: string
  /** Names of members; never a value, which may be secret. */
  readonly details: readonly string[]
  /** It makes a secret that somebody has to keep. */
  readonly makesSecret?: true
  readonly perform: (run: ImportRun) => Promise<void>
}

/** What steps do their work with, and what later ones learn of earlier ones. */
export interface ImportRun {
  readonly connection: Connection
  /** Ids here, by the client's name. */
  readonly clientIds: Map<string, string>
  /** Ids here, by the Action's name. */
  readonly actionIds: Map<string, string>
  readonly credentials: CredentialsKeeper
}

/** Keeps secrets that are told once, also when the import is interrupted in the middle of it. */
export interface CredentialsKeeper {
  /** Before a client is made: should the answer never arrive, the next import knows. */
  begin(client: { readonly name: string }): Promise<void>
  /** The client was not made. */
  giveUp(name: string): Promise<void>
  finish(client: NewClient): Promise<void>
  /** For an API whose tokens are signed with one: made here, and kept before it is used. */
  signingSecret(identifier: string): Promise<SecretText>
}

export interface NewClient {
  readonly name: string
  readonly oldId: string | undefined
  readonly clientId: string
  readonly secret: SecretText
}

export const remarkKinds = {
  stops: 'Nothing is done before this is settled',
  todo: 'To do by hand',
  left_out: 'Left out',
  differs: 'Behaves differently',
} as const

export interface Remark {
  readonly kind: keyof typeof remarkKinds
  /** The object, such as `client billing`. */
  readonly about: string
  readonly text: string
}

export interface PlanPart {
  readonly steps: readonly Step[]
  readonly remarks: readonly Remark[]
}
