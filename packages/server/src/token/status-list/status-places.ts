/**
 * Hands out places in status lists, in an order that looks random, each once. Lists begin in memory and are not
 * continued after a restart: only the tokens on disk tell which places were handed out before, and a place given
 * twice would revoke somebody else's token. A list exists once the first token that names it is on disk.
 */
import { type StatusListId, type StatusPlace, statusListSize } from '../../domain/issued-token.ts'
import type { ResourceServer } from '../../domain/resource-server.ts'

export interface StatusPlacesDeps {
  readonly newStatusListId: () => StatusListId
  readonly randomBytes: (length: number) => Uint8Array
}

/** Each list belongs to one API: whoever fetches it learns nothing about another API's tokens. */
export type DrawStatusPlace = (api: Pick<ResourceServer, 'tenantId' | 'id'>) => StatusPlace

/**
 * APIs with an open list at once, of 2 kB each; the one that waited longest begins another with its next token. So
 * many that nobody can close the lists of others by making APIs.
 */
export const maxOpenLists = 10_000

interface OpenList {
  readonly id: StatusListId
  /** Random: they make the order of this list, and of no other. */
  readonly tables: Uint8Array
  drawn: number
}

const rounds = 6
const tableSize = 256

export function createStatusPlaces({ newStatusListId, randomBytes }: StatusPlacesDeps): DrawStatusPlace {
  const open = new Map<string, OpenList>()

  function listFor(key: string): OpenList {
    const found = open.get(key)
    if (found !== undefined && found.drawn < statusListSize) return found
    return { id: newStatusListId(), tables: randomBytes(rounds * tableSize), drawn: 0 }
  }

  return function drawStatusPlace({ tenantId, id }) {
    const key = JSON.stringify([tenantId, id])
    const list = listFor(key)
    // Moved to the end: the order of the map is the order of use.
    open.delete(key)
    open.set(key, list)
    const [oldest] = open.keys()
    if (open.size > maxOpenLists && oldest !== undefined) open.delete(oldest)
    const index = shuffled(list.drawn, list.tables)
    list.drawn += 1
    return { listId: list.id, index }
  }
}

/**
 * A Feistel network over the two bytes of a number below 65,536: each goes to another one, and without the random tables
 * nobody can tell which. So a token does not tell how many were issued before it.
 */
function shuffled(number: number, tables: Uint8Array): number {
  let [left, right] = [number >> 8, number & 0xff]
  for (let round = 0; round < rounds; round += 1) {
    ;[left, right] = [right, left ^ (tables[round * tableSize + right] ?? 0)]
  }
  return (left << 8) | right
}
