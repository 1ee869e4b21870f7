/**
 * A page of a list: `offset` objects are passed over, at most `limit` (1 to 101) are returned. With `after`, the list
 * begins behind that object: what is added meanwhile comes later, so nothing is told twice.
 */
export interface Page {
  readonly offset: number
  readonly limit: number
  readonly after?: Checkpoint
}

/** A place in a list that is ordered by creation, then by id. The object itself may be gone. */
export interface Checkpoint {
  readonly createdAt: Date
  readonly id: string
}
