/** The description of a change, which a store gives and `Storage.commit` carries out. */
declare const write: unique symbol

/** A change described but not yet made. Only the storage that described it can carry it out. */
export interface Write {
  readonly [write]: never
}
