/** What the benchmark and its load generator say to each other. */

export interface LoadJob {
  readonly host: string
  readonly port: number
  /** The bytes of one request, as Latin-1 text; sent again and again. */
  readonly rawRequest: string
  readonly connections: number
  /** The load ends at whichever comes first. */
  readonly forMs: number
  readonly maxRequests: number
}

export interface LoadResult {
  readonly requests: number
  /** Answers other than 200, and connections that broke. */
  readonly errors: number
  readonly durationMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of the generator itself. */
  readonly cpuMicroseconds: number
  /** One of the answers, to see that they are what was asked for. */
  readonly sampleBody: string
}
