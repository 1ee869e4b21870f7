/** What one check of the doctor found. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'failed' | 'skipped'
  /** What was seen, half a sentence. */
  readonly found: string
  /** What to do when it failed. */
  readonly todo?: string
}
