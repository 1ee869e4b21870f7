/** How many rows of each tenant were written since the database was opened, but for those of the log. */
export interface ChangeCounter {
  of(tenantId: string): number
  /** Without a tenant it may be anybody's, and counts for all. */
  add(tenantId: string | undefined): void
}

export function createChangeCounter(): ChangeCounter {
  let ofAll = 0
  const ofOne = new Map<string, number>()
  return {
    of: (tenantId) => ofAll + (ofOne.get(tenantId) ?? 0),
    add(tenantId) {
      if (tenantId === undefined) ofAll += 1
      else ofOne.set(tenantId, (ofOne.get(tenantId) ?? 0) + 1)
    },
  }
}
