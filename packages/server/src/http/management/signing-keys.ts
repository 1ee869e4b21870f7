/** Signing keys on the wire ↔ signing keys of the domain. A change of theirs counts from the next request on. */
import type { SigningKey as SigningKeyOnWire } from '@tallystick/management-api/contract/signing-keys'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import { parseKeyId, type SigningKey, type SigningKeyStore } from '../../domain/signing-key.ts'
import { certificateInWords } from '../../keys/key-certificate.ts'
import { type KeyRotation, type Rotation, TooManyKeysError } from '../../keys/key-rotation.ts'
import type { RecordChange } from '../record-change.ts'
import type { InTurn } from '../turns.ts'
import type { Handlers } from './handler.ts'
import { notThere } from './not-there.ts'

export interface SigningKeyHandlerDeps {
  readonly signingKeys: Pick<SigningKeyStore, 'find' | 'list'>
  readonly keyRotation: KeyRotation
  readonly recordChange: RecordChange
  /** Of one tenant: a rotation begins with the keys that the one before it left. */
  readonly keysInTurn: InTurn
}

export function createSigningKeyHandlers(
  deps: SigningKeyHandlerDeps,
): Pick<Handlers, 'listSigningKeys' | 'getSigningKey' | 'rotateSigningKeys' | 'revokeSigningKey'> {
  return {
    async listSigningKeys({ request }) {
      const keys = await deps.signingKeys.list(request.tenant.id)
      return Promise.all(keys.map(onWire))
    },

    async getSigningKey({ request, param }) {
      return onWire(await requireKey(deps, request, param('kid')))
    },

    async rotateSigningKeys({ request, query }) {
      const rotation = await deps.keysInTurn(request.tenant.id, () => rotate(deps, request, query.alg))
      const told = rotation.current.find((key) => key.algorithm === (query.alg ?? 'RS256'))
      return brief(told ?? firstOf(rotation))
    },

    async revokeSigningKey({ request, param }) {
      const key = await requireKey(deps, request, param('kid'))
      const revocation = deps.keyRotation.planRevocation(key)
      if (key.state !== 'revoked' && !revocation) {
        throw new ManagementError(
          'conflict',
          `Only a previous signing key can be revoked; this one is the ${key.state} one. Rotate the keys first.`,
        )
      }
      await deps.recordChange(request, {
        description: revocation
          ? `Revoked the signing key ${key.id}.`
          : `Revoked the signing key ${key.id}, which was revoked already.`,
        status: 200,
        writes: revocation ? [revocation.write] : [],
      })
      return brief(key)
    },
  }
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
    description: `Rotated the signing keys: ${rotation.current.map((key) => `${key.algorithm} ${key.id}`).join(', ')}.`,
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
    if (!(error instanceof TooManyKeysError)) throw error
    throw new ManagementError('conflict', error.message, { cause: error })
  }
  throw new ManagementError(
    'conflict',
    `There are no keys for ${algorithm} yet: they are made with the first API whose signing_alg it is.`,
  )
}

function firstOf({ current: [key] }: Rotation): SigningKey {
  if (key === undefined) throw new TypeError('A rotation without a key.')
  return key
}

async function brief({ id, certificate }: SigningKey): Promise<{ kid: string; cert?: string }> {
  return certificate === undefined
    ? { kid: id }
    : { kid: id, cert: (await certificateInWords(certificate)).cert }
}

async function onWire(key: SigningKey): Promise<SigningKeyOnWire> {
  const { state, currentSince, currentUntil, revokedAt } = key
  return {
    kid: key.id,
    alg: key.algorithm,
    ...(key.certificate !== undefined && (await certificateInWords(key.certificate))),
    ...(state === 'current' && { current: true }),
    ...(state === 'next' && { next: true }),
    ...(state === 'previous' && { previous: true }),
    ...(currentSince && { current_since: currentSince.toISOString() }),
    ...(currentUntil && { current_until: currentUntil.toISOString() }),
    ...(state === 'revoked' && { revoked: true }),
    ...(revokedAt && { revoked_at: revokedAt.toISOString() }),
  }
}
