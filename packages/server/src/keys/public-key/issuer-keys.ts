/**
 * Finds the keys of a trusted issuer: those that the operator gave, or those that the issuer publishes. Two issuers
 * never share a key, whatever its kid: each has its own set.
 */
import type { IssuerJwk, IssuerKeySource, TrustedIssuer } from '../../domain/trusted-issuer.ts'
import type { FetchDocument } from '../../outbound/fetch-document.ts'
import { type IssuerKey, IssuerKeyError, parseIssuerKey } from './issuer-key.ts'
import {
  createRemoteKeySets,
  type FetchedKeys,
  KeySetError,
  type KeySource,
  type RemoteKeySets,
  type RemoteKeys,
} from './remote-key-set.ts'

export interface IssuerKeys {
  /** The wanted ones among the issuer's keys. Never rejects for what the issuer does, and never takes long. */
  keysOf(
    trusted: Pick<TrustedIssuer, 'tenantId' | 'issuer' | 'keySource'>,
    isWanted: (key: Pick<IssuerKey, 'kid' | 'algorithms'>) => boolean,
  ): Promise<RemoteKeys<IssuerKey>>
  /** Undefined while they can be had, as far as anybody has tried. */
  troubleWith(
    trusted: Pick<TrustedIssuer, 'tenantId' | 'issuer' | 'keySource'>,
  ): ReturnType<RemoteKeySets<IssuerKey>['troubleWith']>
}

export interface IssuerKeysDeps {
  readonly fetchDocument: FetchDocument
  readonly now: () => Date
}

/** For both documents together, where there are two. */
export const keyFetchBudgetMs = 5000
/** More than any issuer publishes; a set that holds more is refused. */
export const maxKeysOfIssuer = 100

interface RemoteSource extends KeySource {
  readonly issuer: string
  readonly keySource: Exclude<IssuerKeySource, { kind: 'jwks' }>
}

export function createIssuerKeys({ fetchDocument, now }: IssuerKeysDeps): IssuerKeys {
  const remote = createRemoteKeySets<IssuerKey, RemoteSource>({
    fetchKeys: (source) => fetchKeys(fetchDocument, source),
    now,
  })
  const given = createGivenKeys()
  return {
    async keysOf({ tenantId, issuer, keySource }, isWanted) {
      if (keySource.kind === 'jwks') return { kind: 'found', keys: given(keySource.keys).filter(isWanted) }
      return remote.keysOf({ tenantId, name: nameOf(issuer, keySource), issuer, keySource }, isWanted)
    },
    troubleWith({ tenantId, issuer, keySource }) {
      if (keySource.kind === 'jwks') return undefined
      return remote.troubleWith({ tenantId, name: nameOf(issuer, keySource) })
    },
  }
}

function nameOf(issuer: string, keySource: RemoteSource['keySource']): string {
  return keySource.kind === 'discovery' ? `discovery ${issuer}` : `jwks_uri ${keySource.uri}`
}

/** Given keys are read once: a stored issuer is the same object from request to request. */
function createGivenKeys(): (jwks: readonly IssuerJwk[]) => readonly IssuerKey[] {
  const read = new WeakMap<readonly IssuerJwk[], readonly IssuerKey[]>()
  return (jwks) => {
    const keys = read.get(jwks) ?? jwks.map((jwk) => parseIssuerKey({ ...jwk }))
    read.set(jwks, keys)
    return keys
  }
}

async function fetchKeys(
  fetchDocument: FetchDocument,
  { issuer, keySource }: RemoteSource,
): Promise<FetchedKeys<IssuerKey>> {
  const endsAt = performance.now() + keyFetchBudgetMs
  const get = (url: URL) => fetchDocument(url, Math.max(1, endsAt - performance.now()))
  const url = keySource.kind === 'jwks_uri' ? urlFrom(keySource.uri) : await discoverKeySet(get, issuer)
  const outcome = await get(url)
  if (outcome.kind === 'failed') throw new KeySetError(`The key set cannot be had: ${outcome.failure}`)
  return { keys: parseKeySet(parseJson(outcome.text, 'The key set')), maxAgeSeconds: outcome.maxAgeSeconds }
}

/** OpenID Connect Discovery 1.0 §4: the document has to name the very issuer that was asked (§4.3). */
async function discoverKeySet(get: (url: URL) => ReturnType<FetchDocument>, issuer: string): Promise<URL> {
  const outcome = await get(urlFrom(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`))
  if (outcome.kind === 'failed') {
    throw new KeySetError(`The discovery document cannot be had: ${outcome.failure}`)
  }
  const { issuer: named, jwks_uri: uri } = parseJson(outcome.text, 'The discovery document')
  if (named !== issuer) throw new KeySetError('The discovery document is of another issuer than was asked.')
  if (typeof uri !== 'string') throw new KeySetError('The discovery document names no jwks_uri.')
  return urlFrom(uri)
}

function urlFrom(text: string): URL {
  if (!URL.canParse(text)) throw new KeySetError('The address of the key set is no URL.')
  return new URL(text)
}

function parseJson(text: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Told below, without the parser's words, which quote the text.
  }
  throw new KeySetError(`${what} is no JSON object.`)
}

/** An unsuitable key is left out, and the others count (RFC 7517 §5). */
export function parseKeySet({ keys }: Readonly<Record<string, unknown>>): readonly IssuerKey[] {
  if (!Array.isArray(keys)) throw new KeySetError('The key set has no keys.')
  if (keys.length > maxKeysOfIssuer)
    throw new KeySetError(`The key set has more than ${maxKeysOfIssuer} keys.`)
  return keys.flatMap((raw: unknown) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return []
    try {
      return [parseIssuerKey({ ...raw })]
    } catch (error) {
      if (error instanceof IssuerKeyError) return []
      throw error
    }
  })
}
