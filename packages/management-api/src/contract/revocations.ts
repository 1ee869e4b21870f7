/**
 * Revocations: tokens that stop counting before they expire. One names a single token, or all that a client was
 * given, or all that a version of a rule shaped, up to the moment of the revocation; what is issued later is not
 * touched by it.
 */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, pageQuery, totals } from './schema.ts'

const jti = Type.String({ minLength: 1, maxLength: 100 })
const clientId = Type.String({ minLength: 1, maxLength: 64 })
const ruleVersionId = Type.String({ minLength: 1, maxLength: 64 })

const subject = {
  /** The claim `jti` of one token; the log entry of its issue has it as its id. */
  jti: Type.Optional(jti),
  /** Every token that this client was given. */
  client_id: Type.Optional(clientId),
  /** Every token that this version of a rule shaped. */
  rule_version_id: Type.Optional(ruleVersionId),
}

/** Exactly one of the four. */
export const revocationToCreate = closed({
  ...subject,
  /** The token itself, as somebody found it: a JWT, or an opaque one. Answers only show its `jti`. */
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
})
export type RevocationToCreate = Static<typeof revocationToCreate>

export const revocation = closed({
  ...subject,
  /** Tokens issued up to then. */
  revoked_at: dateTime,
  /** When the last of these tokens has expired. */
  expires_at: dateTime,
})
export type Revocation = Static<typeof revocation>

const { page, per_page, include_totals } = pageQuery
export const revocationsQuery = closed({ page, per_page, include_totals })
export type RevocationsQuery = Static<typeof revocationsQuery>

/** Latest first. */
export const revocationList = Type.Array(revocation)
export const revocationPage = closed({ ...totals, revocations: revocationList })
export type RevocationPage = Static<typeof revocationPage>

export const revocationOperations = {
  listRevocations: {
    method: 'GET',
    path: '/revocations',
    scopes: ['read:revocations'],
    query: revocationsQuery,
    status: 200,
    plural: 'revocations',
    response: Type.Union([revocationList, revocationPage]),
  },
  createRevocation: {
    method: 'POST',
    path: '/revocations',
    summary:
      'Revoke tokens before they expire: one, those of a client, or those that a version of a rule shaped',
    scopes: ['create:revocations'],
    body: revocationToCreate,
    status: 201,
    response: revocation,
  },
} as const satisfies Record<string, Operation>
