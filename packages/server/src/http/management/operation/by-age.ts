interface Aged {
  readonly id: string
  readonly createdAt: Date
}

/** Oldest first, and in the order of their ids where two are equally old: the order of every list. */
export function byAge(left: Aged, right: Aged): number {
  return left.createdAt.getTime() - right.createdAt.getTime() || (left.id < right.id ? -1 : 1)
}
