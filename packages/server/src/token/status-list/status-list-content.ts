/**
 * What a status list says: one bit for each of its tokens, set when the token no longer counts. It is read from the
 * tokens on disk, each judged as introspection would, and follows single revocations without reading them all again.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import {
  type IssuedTokenStore,
  type ListedToken,
  type StatusListId,
  statusListSize,
} from '../../domain/issued-token.ts'
import type { LogEntryStore } from '../../domain/log-entry.ts'
import type { KeyAlgorithm, ResourceServerStore } from '../../domain/resource-server.ts'
import type { KeptRevocation, RevocationPlace, RevocationStore } from '../../domain/revocation.ts'
import { algorithmBeside } from '../../domain/security-demands.ts'
import type { Tenant, TenantId } from '../../domain/tenant.ts'
import { covers, placeInLog } from '../presented-token/is-revoked.ts'
import type { MayHoldTokens } from '../presented-token/may-hold-tokens.ts'

export interface StatusListContentsDeps {
  readonly issuedTokens: Pick<IssuedTokenStore, 'listStatus' | 'findPlace'>
  readonly revocations: Pick<RevocationStore, 'listOfKind' | 'listAfter'>
  readonly logEntries: Pick<LogEntryStore, 'placeOf'>
  readonly resourceServers: Pick<ResourceServerStore, 'find'>
  readonly mayHoldTokens: MayHoldTokens
}

export interface ListContent {
  /** The algorithm that the list is signed with. */
  readonly algorithm: KeyAlgorithm
  /** The lowest bit of a byte is the first. */
  readonly bits: Uint8Array
  /** The claim `lst`. */
  readonly compressed: string
}

export interface StatusListContents {
  /** Undefined when there is no such list, or no longer. */
  read(tenant: Tenant, listId: StatusListId): Promise<ListContent | undefined>
  /**
   * Adds what was revoked after `place`. Undefined when that is more than a few single tokens: then all have to be
   * read again.
   */
  update(
    tenant: Tenant,
    listId: StatusListId,
    content: ListContent,
    place: RevocationPlace,
  ): Promise<ListContent | undefined>
}

/** Tokens judged before the event loop gets its turn. */
const tokensPerTurn = 2000
/** Revocations that are added one by one; beyond that it takes less time to read all tokens. */
const maxSingleRevocations = 500

const compress = promisify(deflate)

export function createStatusListContents(deps: StatusListContentsDeps): StatusListContents {
  const { issuedTokens, revocations } = deps

  return {
    async read(tenant, listId) {
      let tokens = await issuedTokens.listStatus(tenant.id, listId, 0, tokensPerTurn)
      const [first] = tokens
      if (first === undefined) return undefined
      const isInvalid = await createJudgement(deps, tenant.id)
      const bits = new Uint8Array(statusListSize / 8)
      for (;;) {
        for (const token of tokens) if (await isInvalid(token)) setBit(bits, token.index)
        const last = tokens.at(-1)
        if (last === undefined || tokens.length < tokensPerTurn) break
        await nextTurn()
        tokens = await issuedTokens.listStatus(tenant.id, listId, last.index + 1, tokensPerTurn)
      }
      const api = await deps.resourceServers.find(tenant.id, first.resourceServerId)
      return { algorithm: algorithmBeside(tenant, api?.signing), bits, compressed: await compressed(bits) }
    },

    async update({ id: tenantId }, listId, content, place) {
      const later = await revocations.listAfter(tenantId, place, maxSingleRevocations + 1)
      if (later.length > maxSingleRevocations) return undefined
      const bits = content.bits.slice()
      for (const { subject } of later) {
        if (subject.kind !== 'token') return undefined
        const found = await issuedTokens.findPlace(tenantId, subject.jti)
        if (found?.listId === listId) setBit(bits, found.index)
      }
      const isSame = Buffer.compare(bits, content.bits) === 0
      return isSame ? content : { ...content, bits, compressed: await compressed(bits) }
    },
  }
}

function setBit(bits: Uint8Array, index: number): void {
  const at = index >> 3
  bits[at] = (bits[at] ?? 0) | (1 << (index & 7))
}

async function compressed(bits: Uint8Array): Promise<string> {
  return (await compress(bits, { level: 9 })).toString('base64url')
}

/** A token is invalid when introspection would call it inactive. Each client is looked up once for the whole list. */
async function createJudgement(
  { revocations, logEntries, resourceServers, mayHoldTokens }: StatusListContentsDeps,
  tenantId: TenantId,
): Promise<(token: ListedToken) => Promise<boolean>> {
  // Indexed by what they revoke: a tenant may have revoked thousands of clients, and a list has many more tokens.
  const ofClient = new Map<string, KeptRevocation>()
  const ofVersion = new Map<string, KeptRevocation>()
  for (const revocation of await revocations.listOfKind(tenantId, 'client')) {
    if (revocation.subject.kind === 'client') ofClient.set(revocation.subject.clientId, revocation)
  }
  for (const revocation of await revocations.listOfKind(tenantId, 'rule_version')) {
    if (revocation.subject.kind === 'rule_version')
      ofVersion.set(revocation.subject.ruleVersionId, revocation)
  }
  const entitled = new Map<string, boolean>()

  async function isEntitled({ clientId, resourceServerId }: ListedToken): Promise<boolean> {
    const known = entitled.get(clientId)
    if (known !== undefined) return known
    const api = await resourceServers.find(tenantId, resourceServerId)
    const is = api !== undefined && (await mayHoldTokens(clientId, api))
    entitled.set(clientId, is)
    return is
  }

  function revocationsOf({ clientId, ruleVersionIds }: ListedToken): KeptRevocation[] {
    return [ofClient.get(clientId), ...ruleVersionIds.map((id) => ofVersion.get(id))].filter(
      (revocation) => revocation !== undefined,
    )
  }

  async function isEndedBy(all: readonly KeptRevocation[], token: ListedToken): Promise<boolean> {
    const reachAhead = all.some(({ lastAhead }) => lastAhead !== undefined)
    const place = reachAhead ? await placeInLog(logEntries, { tenantId, jti: token.jti }) : undefined
    return all.some((revocation) => covers(revocation, { ...token, place }))
  }

  return async (token) => {
    if (token.isRevoked) return true
    const all = revocationsOf(token)
    if (all.length > 0 && (await isEndedBy(all, token))) return true
    return !(await isEntitled(token))
  }
}
