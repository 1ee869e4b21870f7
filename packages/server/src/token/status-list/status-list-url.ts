import type { StatusListId } from '../../domain/issued-token.ts'
import type { Issuer } from '../../domain/issuer.ts'

export const statusListPath = '/oauth/status-lists'

/** Where a list is published; the same text is its `sub`. */
export function statusListUrl({ origin }: Issuer, listId: StatusListId): string {
  return `${origin}${statusListPath}/${listId}`
}
