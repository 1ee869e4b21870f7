/** From one moment to another, the first one included. */
export interface Span {
  readonly from: Date
  readonly until: Date
}
