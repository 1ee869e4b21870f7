/**
 * The published status lists (Token Status List of the IETF's OAuth working group), signed. A list is made from what
 * is on disk, so it is the same after a restart. It is kept in memory and remade by one request at a time, so that
 * asking or revoking very often costs little.
 */
import type { Changes } from '../../domain/changes.ts'
import type { StatusListId } from '../../domain/issued-token.ts'
import type { Issuer } from '../../domain/issuer.ts'
import type { RevocationPlace, RevocationStore } from '../../domain/revocation.ts'
import type { Tenant, TenantId } from '../../domain/tenant.ts'
import { createFewAtOnce } from '../../keys/few-at-once.ts'
import type { SigningKeyRing } from '../../keys/signing-key/signing-key-ring.ts'
import type { ListContent, StatusListContents } from './status-list-content.ts'
import { statusListUrl } from './status-list-url.ts'

export interface StatusListsDeps {
  readonly contents: StatusListContents
  readonly revocations: Pick<RevocationStore, 'latestPlace'>
  readonly changes: Pick<Changes, 'count'>
  readonly ring: Pick<SigningKeyRing, 'sign'>
  readonly now: () => Date
}

/** A signed list; undefined when there is none, or no longer. */
export type PublishStatusList = (
  place: { readonly tenant: Tenant; readonly issuer: Issuer },
  listId: StatusListId,
) => Promise<string | undefined>

/** Seconds that a list may be kept by whoever fetched it; a cache in between may already have kept it as long. */
export const statusListTtlSeconds = 30
/** Seconds after which a list expires: an API that cannot reach us stops trusting tokens, instead of trusting all. */
const statusListLifetimeSeconds = 600
/** Seconds that we keep a signature, and a list that only changes of clients and grants could have changed. */
const keptSeconds = 15
/** Seconds after which all tokens are read anew in any case: for those whose requests were under way. */
const longestKeptSeconds = 60
/** Lists kept in memory; beyond that the one made longest ago is dropped. */
const maxKeptLists = 500
/** Lists that are read in full at the same time; more would slow token requests down. */
const maxReadAtOnce = 1

/** What can change a list. */
interface Moment {
  readonly place: RevocationPlace
  readonly changes: number
}

interface Kept extends Moment {
  /** When all tokens were read. */
  readonly readAt: Date
  readonly content: ListContent
  signed?: { readonly at: Date; readonly changes: number; readonly jwt: Promise<string> }
}

export function createStatusLists(deps: StatusListsDeps): PublishStatusList {
  const kept = new Map<string, Kept>()
  const making = new Map<string, Promise<Kept | undefined>>()
  const fewAtOnce = createFewAtOnce(maxReadAtOnce)

  // Read before the tokens are: a revocation in between has the list remade, and is never missed.
  async function momentOf(tenantId: TenantId): Promise<Moment> {
    return { place: await deps.revocations.latestPlace(tenantId), changes: deps.changes.count(tenantId) }
  }

  /** A client that was disabled, or lost its grant, shows within seconds. */
  function isRecent({ readAt, changes }: Kept, now: Moment): boolean {
    return isYounger(readAt, deps.now(), changes >= now.changes ? longestKeptSeconds : keptSeconds)
  }

  function keep(url: string, list: Kept): Kept {
    kept.delete(url)
    kept.set(url, list)
    const [oldest] = kept.keys()
    if (kept.size > maxKeptLists && oldest !== undefined) kept.delete(oldest)
    return list
  }

  async function make(url: string, tenant: Tenant, listId: StatusListId): Promise<Kept | undefined> {
    const found = kept.get(url)
    const now = await momentOf(tenant.id)
    const updated =
      found && isRecent(found, now)
        ? await deps.contents.update(tenant, listId, found.content, found.place)
        : undefined
    if (found && updated) {
      const { signed, ...list } = found
      const isSame = updated === found.content
      return keep(url, { ...list, place: now.place, content: updated, ...(isSame && signed && { signed }) })
    }
    return fewAtOnce(async () => {
      const moment = await momentOf(tenant.id)
      const readAt = deps.now()
      const content = await deps.contents.read(tenant, listId)
      if (content) return keep(url, { ...moment, readAt, content })
      kept.delete(url)
      return undefined
    })
  }

  /**
   * A request that comes while an older state of the list is being made waits, and shares the next one with all that
   * wait.
   */
  async function listSince(
    asked: Moment,
    url: string,
    tenant: Tenant,
    listId: StatusListId,
  ): Promise<Kept | undefined> {
    const found = kept.get(url)
    if (found && found.place >= asked.place && isRecent(found, asked)) return found
    const underWay = making.get(url)
    if (underWay) {
      await underWay.catch(() => undefined)
      return listSince(asked, url, tenant, listId)
    }
    const begun = make(url, tenant, listId).finally(() => making.delete(url))
    making.set(url, begun)
    return begun
  }

  // Signed again as soon as a key is revoked: nobody accepts the old signature any more.
  function signed(list: Kept, { changes }: Moment, tenantId: TenantId, url: string): Promise<string> {
    const at = deps.now()
    const last = list.signed
    if (last && last.changes === changes && isYounger(last.at, at, keptSeconds)) return last.jwt
    const made = { at, changes, jwt: signList(deps, tenantId, url, list.content) }
    list.signed = made
    made.jwt.catch(() => {
      if (list.signed === made) delete list.signed
    })
    return made.jwt
  }

  return async function publishStatusList({ tenant, issuer }, listId) {
    const url = statusListUrl(issuer, listId)
    const asked = await momentOf(tenant.id)
    const list = await listSince(asked, url, tenant, listId)
    return list && signed(list, asked, tenant.id, url)
  }
}

function isYounger(made: Date, now: Date, seconds: number): boolean {
  const age = now.getTime() - made.getTime()
  return age >= 0 && age < seconds * 1000
}

function signList(
  { ring, now }: StatusListsDeps,
  tenantId: TenantId,
  url: string,
  { algorithm, compressed }: ListContent,
): Promise<string> {
  const iat = Math.floor(now().getTime() / 1000)
  return ring.sign(
    tenantId,
    algorithm,
    { typ: 'statuslist+jwt' },
    {
      sub: url,
      iat,
      exp: iat + statusListLifetimeSeconds,
      ttl: statusListTtlSeconds,
      status_list: { bits: 1, lst: compressed },
    },
  )
}
