/**
 * Key sets that others publish (RFC 7517 §5), kept for a while. Whoever presents a token chooses which key it names,
 * so fetching is bounded in every direction: how often, how many at once, how long, and how many sets are kept.
 */
import type { TenantId } from '../../domain/tenant.ts'

export interface KeySource {
  readonly tenantId: TenantId
  /** Unique among the sources of its tenant; usually its URL. */
  readonly name: string
}

export interface FetchedKeys<Key> {
  readonly keys: readonly Key[]
  /** Seconds for which their publisher allows a copy to be used; undefined where it does not say. */
  readonly maxAgeSeconds: number | undefined
}

export type RemoteKeys<Key> =
  | { readonly kind: 'found'; readonly keys: readonly Key[] }
  /** `why`, for the operator alone, quotes nothing of the answer. */
  | { readonly kind: 'unavailable'; readonly why: string }

export interface RemoteKeySets<Key, Source extends KeySource = KeySource> {
  /**
   * Those keys of the source that are wanted. When there is none, the set is fetched once more, within the limits:
   * its owner may have rotated its keys a moment ago. Never rejects.
   */
  keysOf(source: Source, isWanted: (key: Key) => boolean): Promise<RemoteKeys<Key>>
  /** What came of the last attempt to fetch the set, when it failed, and since when no other has worked. */
  troubleWith(source: KeySource): KeySetTrouble | undefined
}

export interface KeySetTrouble {
  readonly since: Date
  /** For the operator. Quotes nothing of the answer. */
  readonly why: string
}

export interface RemoteKeySetDeps<Key, Source extends KeySource> {
  /** Bounds its own time. Rejects with a KeySetError for whatever keeps it from the keys. */
  readonly fetchKeys: (source: Source) => Promise<FetchedKeys<Key>>
  readonly now: () => Date
}

/** Why there are no keys: a sentence for the operator, which quotes nothing of what was answered. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError'
}

/** How long a copy is used when its source does not say, and the bounds for what the source says. */
export const defaultKeySetAgeSeconds = 300
export const minKeySetAgeSeconds = 60
export const maxKeySetAgeSeconds = 3600
/** One source may be fetched this many times in a row, then once in this many seconds. */
export const keySetFetchBurst = 10
export const secondsPerKeySetFetch = 30
/** Simultaneous fetches, for one tenant and for all. Any more are neither made nor waited for. */
export const maxFetchesPerTenant = 8
export const maxFetchesInAll = 64
/** Beyond that the least recently used copy goes. */
export const maxKeptKeySets = 1000

interface Kept<Key> {
  copy: { readonly keys: readonly Key[]; readonly fetchedAt: number; readonly freshUntil: number } | undefined
  flight: Promise<string | undefined> | undefined
  trouble: KeySetTrouble | undefined
  fetchesLeft: number
  countedAt: number
}

export function createRemoteKeySets<Key, Source extends KeySource = KeySource>(
  deps: RemoteKeySetDeps<Key, Source>,
): RemoteKeySets<Key, Source> {
  const sets = new Map<string, Kept<Key>>()
  const flights = new Map<TenantId, number>()

  /** Resolves to why the keys could not be had, or to undefined. */
  async function refresh(source: Source, kept: Kept<Key>): Promise<string | undefined> {
    if (kept.flight) return kept.flight
    const underway = flights.get(source.tenantId) ?? 0
    if (underway >= maxFetchesPerTenant || inAll(flights) >= maxFetchesInAll) {
      return 'Too many key sets are being fetched just now.'
    }
    if (!takeFetch(kept, deps.now().getTime()))
      return 'The key set was fetched too often to be fetched again now.'
    flights.set(source.tenantId, underway + 1)
    kept.flight = fetchInto(deps, source, kept)
    try {
      return await kept.flight
    } finally {
      kept.flight = undefined
      land(flights, source.tenantId)
    }
  }

  return {
    async keysOf(source, isWanted) {
      const kept = keptFor(sets, source, deps.now().getTime())
      const isFresh = isFreshAt(kept, deps.now().getTime())
      let failure = isFresh ? undefined : await refresh(source, kept)
      if (isFresh && !kept.copy?.keys.some(isWanted)) failure = await refresh(source, kept)
      const keys = usableKeys(kept, deps.now().getTime())
      if (keys) return { kind: 'found', keys: keys.filter(isWanted) }
      return { kind: 'unavailable', why: failure ?? 'There is no key set.' }
    },
    troubleWith: (source) => sets.get(nameOf(source))?.trouble,
  }
}

/** A clock that was set back does not make a copy last longer. */
function isFreshAt<Key>({ copy }: Kept<Key>, now: number): boolean {
  return copy !== undefined && copy.fetchedAt <= now && now < copy.freshUntil
}

/** While its source cannot be reached, an old copy is used until it reaches the largest age. */
function usableKeys<Key>({ copy }: Kept<Key>, now: number): readonly Key[] | undefined {
  return copy && now < copy.fetchedAt + maxKeySetAgeSeconds * 1000 ? copy.keys : undefined
}

async function fetchInto<Key, Source extends KeySource>(
  { fetchKeys, now }: RemoteKeySetDeps<Key, Source>,
  source: Source,
  kept: Kept<Key>,
): Promise<string | undefined> {
  try {
    const { keys, maxAgeSeconds = defaultKeySetAgeSeconds } = await fetchKeys(source)
    const fetchedAt = now().getTime()
    const seconds = Math.min(Math.max(maxAgeSeconds, minKeySetAgeSeconds), maxKeySetAgeSeconds)
    kept.copy = { keys, fetchedAt, freshUntil: fetchedAt + seconds * 1000 }
    kept.trouble = undefined
    return undefined
  } catch (error) {
    const why = error instanceof KeySetError ? error.message : 'The key set could not be fetched.'
    kept.trouble = { since: kept.trouble?.since ?? now(), why }
    return why
  }
}

function nameOf({ tenantId, name }: KeySource): string {
  return `${tenantId} ${name}`
}

function keptFor<Key>(sets: Map<string, Kept<Key>>, source: KeySource, now: number): Kept<Key> {
  const id = nameOf(source)
  const kept = sets.get(id) ?? {
    copy: undefined,
    flight: undefined,
    trouble: undefined,
    fetchesLeft: keySetFetchBurst,
    countedAt: now,
  }
  // Moved to the end: the first of the map is the least recently used.
  sets.delete(id)
  sets.set(id, kept)
  const [oldest] = sets.keys()
  if (sets.size > maxKeptKeySets && oldest !== undefined) sets.delete(oldest)
  return kept
}

function takeFetch<Key>(kept: Kept<Key>, now: number): boolean {
  const regained = Math.max(0, now - kept.countedAt) / (secondsPerKeySetFetch * 1000)
  kept.fetchesLeft = Math.min(keySetFetchBurst, kept.fetchesLeft + regained)
  kept.countedAt = now
  if (kept.fetchesLeft < 1) return false
  kept.fetchesLeft -= 1
  return true
}

function inAll(flights: ReadonlyMap<TenantId, number>): number {
  return [...flights.values()].reduce((sum, underway) => sum + underway, 0)
}

function land(flights: Map<TenantId, number>, tenantId: TenantId): void {
  const underway = (flights.get(tenantId) ?? 1) - 1
  if (underway === 0) flights.delete(tenantId)
  else flights.set(tenantId, underway)
}
