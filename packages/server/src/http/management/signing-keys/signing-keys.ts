/** Signing keys on the wire ↔ signing keys of the domain. A change takes effect with the next request. */
import type { SigningKey as SigningKeyOnWire } from '@tallystick/management-api/contract/signing-keys'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import {
  parseKeyId,
  publishedUntil,
  type SigningKey,
  type SigningKeyStore,
  stateAt,
} from '../../../domain/signing-key.ts'
import { certificateInWords } from '../../../keys/signing-key/key-certificate.ts'
import type { KeyRevocation, Revocation } from '../../../keys/signing-key/key-revocation.ts'
import {
  type KeyRotation,
  type Rotation,
  RotationRefusedError,
} from '../../../keys/signing-key/key-rotation.ts'
import type { RecordChange } from '../../record-change.ts'
import type { InTurn } from '../../turns.ts'
import type { Handlers } from '../operation/handler.ts'
import { notThere } from '../operation/not-there.ts'

export interface SigningKeyHandlerDeps {
  readonly signingKeys: Pick<SigningKeyStore, 'find' | 'list'>
  readonly keyRotation: KeyRotation
  readonly keyRevocation: KeyRevocation
  readonly recordChange: RecordChange
  /** For one tenant: a rotation begins with the keys that the one before it left. */
  readonly keysInTurn: InTurn
  readonly now: () => Date
}

export function createSigningKeyHandlers(
  deps: SigningKeyHandlerDeps,
): Pick<Handlers, 'listSigningKeys' | 'getSigningKey' | 'rotateSigningKeys' | 'revokeSigningKey'> {
  return {
    async listSigningKeys({ request }) {
      const keys = await deps.signingKeys.list(request.tenant.id)
      return Promise.all(keys.map((key) => onWire(key, deps.now())))
    },

    async getSigningKey({ request, param }) {
      return onWire(await requireKey(deps, request, param('kid')), deps.now())
    },

    async rotateSigningKeys({ request, query }) {
      const rotation = await deps.keysInTurn(request.tenant.id, () => rotate(deps, request, query.alg))
      const told = rotation.begun.find((key) => key.algorithm === (query.alg ?? 'RS256')) ?? firstOf(rotation)
      const since = told.currentSince ?? deps.now()
      return { ...(await brief(told)), current_since: since.toISOString() }
    },

    async revokeSigningKey({ request, param, query }) {
      return deps.keysInTurn(request.tenant.id, async () => {
        const key = await requireKey(deps, request, param('kid'))
        const revocation = await planRevocation(deps, key, query.emergency === true)
        const { successor, writes } = revocation
        await deps.recordChange(request, { description: inWords(key, revocation), status: 200, writes })
        return { ...(await brief(key)), ...(successor && { successor: successor.id }) }
      })
    },
  }
}

async function planRevocation(
  { keyRevocation, now }: SigningKeyHandlerDeps,
  key: SigningKey,
  isEmergency: boolean,
): Promise<Revocation> {
  if (key.state === 'revoked') return { successor: undefined, writes: [] }
  if (isEmergency) return keyRevocation.planEmergency(key)
  const revocation = keyRevocation.plan(key)
  if (revocation) return revocation
  throw new ManagementError(
    'conflict',
    `Only a previous signing key can be revoked; this one is the ${stateAt(key, now())} one. Rotate the keys first, or revoke it with emergency=true: verifiers may not know the key that takes its place.`,
  )
}

function inWords(key: SigningKey, { successor, writes }: Revocation): string {
  if (writes.length === 0) return `Revoked the signing key ${key.id}, which was revoked already.`
  const what = `Revoked the ${key.algorithm} signing key ${key.id}`
  return successor ? `${what}, which signed; ${successor.id} signs in its place.` : `${what}.`
}

async function requireKey(
  { signingKeys }: SigningKeyHandlerDeps,
  { tenant }: FastifyRequest,
  rawId: string,
): Promise<SigningKey> {
  const id = parseKeyId(rawId)
  const key = id && (await signingKeys.find(tenant.id, id))
  if (!key) throw notThere('signingKey')
  return key
}

async function rotate(
  deps: SigningKeyHandlerDeps,
  request: FastifyRequest,
  algorithm: Parameters<KeyRotation['plan']>[1],
): Promise<Rotation> {
  const rotation = await planRotation(deps, request, algorithm)
  await deps.recordChange(request, {
    description: `Rotated the signing keys: ${rotation.begun.map((key) => turnInWords(key)).join(', ')}.`,
    status: 201,
    writes: rotation.writes,
  })
  return rotation
}

async function planRotation(
  { keyRotation }: SigningKeyHandlerDeps,
  { tenant }: FastifyRequest,
  algorithm: Parameters<KeyRotation['plan']>[1],
): Promise<Rotation> {
  try {
    const rotation = await keyRotation.plan(tenant.id, algorithm)
    if (rotation) return rotation
  } catch (error) {
    if (!(error instanceof RotationRefusedError)) throw error
    throw new ManagementError('conflict', error.message, { cause: error })
  }
  throw new ManagementError(
    'conflict',
    `There are no keys for ${algorithm} yet: they are made with the first API whose signing_alg it is.`,
  )
}

function turnInWords({ algorithm, id, currentSince }: SigningKey): string {
  return `${algorithm} ${id} signs from ${currentSince?.toISOString() ?? 'now'} on`
}

function firstOf({ begun: [key] }: Rotation): SigningKey {
  if (key === undefined) throw new TypeError('A rotation without a key.')
  return key
}

async function brief({ id, certificate }: SigningKey): Promise<{ kid: string; cert?: string }> {
  return certificate === undefined
    ? { kid: id }
    : { kid: id, cert: (await certificateInWords(certificate)).cert }
}

async function onWire(key: SigningKey, now: Date): Promise<SigningKeyOnWire> {
  const { currentSince, currentUntil, revokedAt } = key
  const state = stateAt(key, now)
  const end = state === 'revoked' ? undefined : publishedUntil(key)
  return {
    kid: key.id,
    alg: key.algorithm,
    ...(key.certificate !== undefined && (await certificateInWords(key.certificate))),
    ...(state === 'current' && { current: true }),
    ...(state === 'next' && { next: true }),
    ...(state === 'previous' && { previous: true }),
    ...(state === 'ended' && { ended: true }),
    ...(currentSince && { current_since: currentSince.toISOString() }),
    ...(currentUntil && { current_until: currentUntil.toISOString() }),
    ...(end && { published_until: end.toISOString() }),
    ...(state === 'revoked' && { revoked: true }),
    ...(revokedAt && { revoked_at: revokedAt.toISOString() }),
  }
}
