/** A page of a list: `offset` objects are passed over, at most `limit` (1 to 100) are returned. */
export interface Page {
  readonly offset: number
  readonly limit: number
}
