/**
 * Hands out places in status lists, at random and each once. Lists are begun in memory and never gone on with after a
 * restart: what was handed out before is known to the tokens on disk alone, and a place that is given twice would revoke
 * a stranger's token. A list exists once the first token that names it is on disk.
 */
import { type StatusListId, type StatusPlace, statusListSize } from '../domain/issued-token.ts'
import type { ResourceServer } from '../domain/resource-server.ts'

export interface StatusPlacesDeps {
  readonly newStatusListId: () => StatusListId
  /** A whole number from 0 to below `end`, each equally likely. */
  readonly randomBelow: (end: number) => number
}

/** Of one API alone: who asks for a list learns nothing of another API's tokens. */
export type DrawStatusPlace = (api: Pick<ResourceServer, 'tenantId' | 'id'>) => StatusPlace

/** APIs whose lists are open at once, of 128 kB each; the one that waited longest begins another with its next token. */
export const maxOpenLists = 200

interface OpenList {
  readonly id: StatusListId
  /** A shuffled deck of which the first `left` are still to be drawn. */
  readonly indexes: Uint16Array
  left: number
}

export function createStatusPlaces({ newStatusListId, randomBelow }: StatusPlacesDeps): DrawStatusPlace {
  const open = new Map<string, OpenList>()

  function listFor(key: string): OpenList {
    const found = open.get(key)
    if (found !== undefined && found.left > 0) return found
    const indexes = Uint16Array.from({ length: statusListSize }, (_, index) => index)
    return { id: newStatusListId(), indexes, left: statusListSize }
  }

  return function drawStatusPlace({ tenantId, id }) {
    const key = JSON.stringify([tenantId, id])
    const list = listFor(key)
    // Last again: the order of the map is the order of use.
    open.delete(key)
    open.set(key, list)
    const [oldest] = open.keys()
    if (open.size > maxOpenLists && oldest !== undefined) open.delete(oldest)
    return { listId: list.id, index: drawIndex(list, randomBelow) }
  }
}

// One step of a Fisher-Yates shuffle: in random places, a token does not tell how many were issued before it.
function drawIndex(list: OpenList, randomBelow: (end: number) => number): number {
  const { indexes } = list
  const at = randomBelow(list.left)
  list.left -= 1
  const drawn = indexes[at]
  const last = indexes[list.left]
  if (drawn === undefined || last === undefined) throw new RangeError('A status list has no such place.')
  indexes[at] = last
  return drawn
}
