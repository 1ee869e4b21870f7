/**
 * Warnings: what ends soon, or keeps clients from proving themselves already. One list for people, programs that watch, and
 * `tallystick doctor`.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { proofType } from './proof-type.ts'
import { closed, dateTime, oneOf } from './schema.ts'

/** Days from now in which what ends is told of, unless the query says otherwise; and the most. */
export const defaultWarningDays = 30
export const maxWarningDays = 365
/** Of what ends, the soonest first. */
export const maxWarnings = 1000

/**
 * `proof_ends`: a secret or credential of a client. `keys_unavailable`: the keys that a client or a trusted issuer
 * publishes could not be fetched when they were needed last. `next_signing_key_missing`: nothing would sign after the
 * present key. `rotation_overdue`: the key should have turned by the clock, and did not.
 */
export const warningTypes = [
  'proof_ends',
  'keys_unavailable',
  'next_signing_key_missing',
  'rotation_overdue',
] as const

export const warning = closed({
  type: oneOf(warningTypes),
  /** One sentence. */
  description: Type.String(),
  client_id: Type.Optional(Type.String()),
  client_name: Type.Optional(Type.String()),
  credential_type: Type.Optional(proofType),
  /** Of a secret or a credential. */
  credential_id: Type.Optional(Type.String()),
  /** From then on it proves nothing; that of a name that authorities certify is the end of the last of them. */
  expires_at: Type.Optional(dateTime),
  /** Something else proves the client beyond that. */
  is_replaced: Type.Optional(Type.Boolean()),
  /** Of a secret, to the minute; absent where it never was. */
  last_used_at: Type.Optional(dateTime),
  trusted_issuer_id: Type.Optional(Type.String()),
  /** The trusted issuer. */
  issuer: Type.Optional(Type.String()),
  /** Where the client publishes its keys. */
  jwks_uri: Type.Optional(Type.String()),
  /** Since when the keys cannot be fetched. */
  since: Type.Optional(dateTime),
  /** Of signing keys. */
  alg: Type.Optional(Type.String()),
})
export type Warning = Static<typeof warning>

export const warningsQuery = closed({
  within_days: Type.Optional(Type.Integer({ minimum: 1, maximum: maxWarningDays })),
})
export type WarningsQuery = Static<typeof warningsQuery>

export const warningOperations = {
  listWarnings: {
    method: 'GET',
    path: '/warnings',
    summary: 'What ends soon, or keeps clients from proving themselves already',
    // It tells of each of them what these tell.
    scopes: ['read:client_credentials', 'read:client_keys', 'read:signing_keys', 'read:trusted_issuers'],
    allScopes: true,
    query: warningsQuery,
    status: 200,
    response: Type.Array(warning),
  },
} as const satisfies Record<string, Operation>
