/**
 * The published status lists (Token Status List of the IETF's OAuth working group): for each token one bit, set when it
 * does not count any more. A list is made of what is on disk, so it is the same after a restart. It is kept until something
 * is revoked: whoever asks very often costs nothing.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { Changes } from '../domain/changes.ts'
import {
  type IssuedTokenStore,
  type ListedToken,
  type StatusListId,
  statusListSize,
} from '../domain/issued-token.ts'
import type { Issuer } from '../domain/issuer.ts'
import type { KeyAlgorithm, ResourceServerId, ResourceServerStore } from '../domain/resource-server.ts'
import type { Revocation, RevocationPlace, RevocationStore } from '../domain/revocation.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { SigningKeyRing } from '../keys/signing-key-ring.ts'
import { covers } from './is-revoked.ts'
import type { MayHoldTokens } from './may-hold-tokens.ts'
import { statusListUrl } from './status-list-url.ts'

export interface StatusListsDeps {
  readonly issuedTokens: Pick<IssuedTokenStore, 'listStatus'>
  readonly revocations: Pick<RevocationStore, 'listOfKind' | 'latestPlace'>
  readonly resourceServers: Pick<ResourceServerStore, 'find'>
  readonly changes: Pick<Changes, 'count'>
  readonly mayHoldTokens: MayHoldTokens
  readonly ring: Pick<SigningKeyRing, 'sign'>
  readonly now: () => Date
}

/** A signed list; undefined when there is none, or none any more. */
export type PublishStatusList = (
  place: { readonly tenantId: TenantId; readonly issuer: Issuer },
  listId: StatusListId,
) => Promise<string | undefined>

/** Seconds that a list may be kept by who fetched it; a cache on the way may have kept it that long before. */
export const statusListTtlSeconds = 30
/** Seconds after which a list is worth nothing: who cannot reach us stops to trust tokens, instead of trusting all. */
const statusListLifetimeSeconds = 600
/** Seconds that we keep a signature, and a list that only changes of clients and grants could have changed. */
const keptSeconds = 15
/** Seconds after which a list is made anew in any case: for tokens whose requests were under way when it was made. */
const longestKeptSeconds = 60
/** Lists that are kept made; the one made longest ago is made anew. */
const maxKeptLists = 500
/** Tokens looked at before others get their turn. */
const tokensPerTurn = 2000

interface ListContent {
  readonly algorithm: KeyAlgorithm
  /** The claim `lst`. */
  readonly compressed: string
}

interface Kept {
  readonly place: RevocationPlace
  readonly changes: number
  readonly madeAt: Date
  readonly content: Promise<ListContent | undefined>
  signed?: { readonly at: Date; readonly jwt: Promise<string> }
}

const compress = promisify(deflate)

export function createStatusLists(deps: StatusListsDeps): PublishStatusList {
  const kept = new Map<string, Kept>()

  /** What a revocation changes shows at once; a client that was disabled, or lost its grant, within seconds. */
  function isPresent({ place, changes, madeAt }: Kept, now: Kept): boolean {
    const mayKeepSeconds = changes === now.changes ? longestKeptSeconds : keptSeconds
    return place === now.place && isYounger(madeAt, now.madeAt, mayKeepSeconds)
  }

  function keep(key: string, list: Kept): Kept {
    kept.delete(key)
    kept.set(key, list)
    const [oldest] = kept.keys()
    if (kept.size > maxKeptLists && oldest !== undefined) kept.delete(oldest)
    return list
  }

  return async function publishStatusList({ tenantId, issuer }, listId) {
    const url = statusListUrl(issuer, listId)
    // Read before the tokens are: a revocation that comes in between makes the list anew, and is never missed.
    const place = await deps.revocations.latestPlace(tenantId)
    const changes = deps.changes.count(tenantId)
    const now = deps.now()
    const found = kept.get(url)
    const list =
      found && isPresent(found, { ...found, place, changes, madeAt: now })
        ? found
        : keep(url, { place, changes, madeAt: now, content: readList(deps, tenantId, listId) })
    const content = await list.content.catch((error: unknown) => {
      if (kept.get(url) === list) kept.delete(url)
      throw error
    })
    if (content === undefined) {
      if (kept.get(url) === list) kept.delete(url)
      return undefined
    }
    if (!list.signed || !isYounger(list.signed.at, now, keptSeconds)) {
      list.signed = { at: now, jwt: signList(deps, tenantId, url, content) }
    }
    return list.signed.jwt
  }
}

function isYounger(made: Date, now: Date, seconds: number): boolean {
  const age = now.getTime() - made.getTime()
  return age >= 0 && age < seconds * 1000
}

async function readList(
  deps: StatusListsDeps,
  tenantId: TenantId,
  listId: StatusListId,
): Promise<ListContent | undefined> {
  const isInvalid = await createJudgement(deps, tenantId)
  const bits = new Uint8Array(statusListSize / 8)
  let api: ResourceServerId | undefined
  for (let from = 0; from < statusListSize; ) {
    const tokens = await deps.issuedTokens.listStatus(tenantId, listId, from, tokensPerTurn)
    for (const token of tokens) if (await isInvalid(token)) setBit(bits, token.index)
    api ??= tokens[0]?.resourceServerId
    from = tokens.length < tokensPerTurn ? statusListSize : (tokens.at(-1)?.index ?? statusListSize) + 1
    await nextTurn()
  }
  if (api === undefined) return undefined
  const signing = (await deps.resourceServers.find(tenantId, api))?.signing
  const compressed = await compress(bits, { level: 9 })
  return {
    // Of an API that is gone, or shares a secret now, the old tokens are still looked up: every tenant has keys for this.
    algorithm: signing === undefined || signing.algorithm === 'HS256' ? 'RS256' : signing.algorithm,
    compressed: compressed.toString('base64url'),
  }
}

/** The lowest bit of a byte is the first. */
function setBit(bits: Uint8Array, index: number): void {
  const at = index >> 3
  bits[at] = (bits[at] ?? 0) | (1 << (index & 7))
}

/** A token is invalid when introspection would call it inactive. Each client is looked up once for the whole list. */
async function createJudgement(
  { revocations, resourceServers, mayHoldTokens }: StatusListsDeps,
  tenantId: TenantId,
): Promise<(token: ListedToken) => Promise<boolean>> {
  const ofMany: Revocation[] = [
    ...(await revocations.listOfKind(tenantId, 'client')),
    ...(await revocations.listOfKind(tenantId, 'rule_version')),
  ]
  const entitled = new Map<string, boolean>()

  async function isEntitled({ clientId, resourceServerId }: ListedToken): Promise<boolean> {
    const known = entitled.get(clientId)
    if (known !== undefined) return known
    const api = await resourceServers.find(tenantId, resourceServerId)
    const is = api !== undefined && (await mayHoldTokens(clientId, api))
    entitled.set(clientId, is)
    return is
  }

  return async (token) =>
    token.isRevoked || ofMany.some((revocation) => covers(revocation, token)) || !(await isEntitled(token))
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
