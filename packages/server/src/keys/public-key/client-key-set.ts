/**
 * The keys that a client publishes (RFC 7517 §5), under the same rules as registered keys. An unsuitable key is left
 * out and the others count, as the RFC asks.
 */
import {
  type AssertionAlgorithm,
  algorithmNamed,
  type ClientPublicJwk,
} from '../../domain/client-credential.ts'
import type { FetchDocument } from '../../outbound/fetch-document.ts'
import { ClientKeyError, parsePublicKeyJwk } from './client-public-key.ts'
import { createRemoteKeySets, KeySetError, type RemoteKeySets } from './remote-key-set.ts'

export interface ClientKey {
  /** Undefined: the set does not name it. */
  readonly kid: string | undefined
  /** The one that its `alg` names, else those that its kind can do. */
  readonly algorithms: readonly AssertionAlgorithm[]
  readonly publicJwk: ClientPublicJwk
}

/** Enough to rotate keys; a set that holds more is refused. */
export const maxKeysInSet = 50
const maxKidLength = 256

/** The name of a source is its URL. */
export function createClientKeySets(deps: {
  readonly fetchDocument: FetchDocument
  readonly now: () => Date
}): RemoteKeySets<ClientKey> {
  return createRemoteKeySets({
    async fetchKeys({ name }) {
      const outcome = await deps.fetchDocument(new URL(name))
      if (outcome.kind === 'failed') throw new KeySetError(outcome.failure)
      return { keys: parseClientKeySet(parseJson(outcome.text)), maxAgeSeconds: outcome.maxAgeSeconds }
    },
    now: deps.now,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KeySetError('What was answered is no JSON.')
  }
}

/** @throws KeySetError when the document is no key set. */
export function parseClientKeySet(document: unknown): readonly ClientKey[] {
  const { keys: rawKeys }: { readonly keys?: unknown } = Object(document)
  if (!Array.isArray(rawKeys)) throw new KeySetError('What was answered is no key set (RFC 7517).')
  if (rawKeys.length > maxKeysInSet) throw new KeySetError(`The key set has more than ${maxKeysInSet} keys.`)
  const named = new Map<string, number>()
  for (const { kid } of rawKeys.map(Object)) {
    if (typeof kid === 'string') named.set(kid, (named.get(kid) ?? 0) + 1)
  }
  return (
    rawKeys
      .map((rawKey) => parseKey(rawKey))
      .filter((key) => key !== undefined)
      // Of two keys with one kid nobody can say which is meant (RFC 7517 §4.5).
      .filter(({ kid }) => kid === undefined || named.get(kid) === 1)
  )
}

function parseKey(rawKey: unknown): ClientKey | undefined {
  if (typeof rawKey !== 'object' || rawKey === null || Array.isArray(rawKey)) return undefined
  const jwk: Readonly<Record<string, unknown>> = { ...rawKey }
  const { kid, alg } = jwk
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > maxKidLength)) return undefined
  try {
    const { jwk: publicJwk, algorithms } = parsePublicKeyJwk(jwk)
    if (alg === undefined) return { kid, algorithms, publicJwk }
    const named = algorithmNamed(alg)
    return named && algorithms.includes(named) ? { kid, algorithms: [named], publicJwk } : undefined
  } catch (error) {
    if (error instanceof ClientKeyError) return undefined
    throw error
  }
}
