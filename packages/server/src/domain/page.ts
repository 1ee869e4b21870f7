/** A page of a list: `offset` objects are passed over, at most `limit` (1 to 100) are returned. */
export interface Page {
  readonly offset: number
  readonly limit: number
}

export interface Listed<Item> {
  /** How many there are in all, beyond this page. */
  readonly total: number
  readonly items: readonly Item[]
}
