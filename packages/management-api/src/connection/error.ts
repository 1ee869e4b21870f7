/** A refusal of the management API as the caller meets it. */

export interface Refusal {
  readonly status: number
  /** For programs, such as `not_found` or `insufficient_scope`; `http_<status>` when the answer names none. */
  readonly code: string
  readonly message: string
  /** The id of the log entry that tells more; undefined when the answer is not from a Tallystick server. */
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined
}

/**
 * ```ts
 * try {
 *   await connection.clients.get(id)
 * } catch (error) {
 *   if (error instanceof ManagementApiError && error.status === 404) console.error('There is no such client.')
 *   else throw error
 * }
 * ```
 */
export class ManagementApiError extends Error {
  override readonly name = 'ManagementApiError'
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.message, options)
    this.status = refusal.status
    this.code = refusal.code
    this.requestId = refusal.requestId
    this.retryAfterSeconds = refusal.retryAfterSeconds
  }
}

/** Reads the answer's body; whatever it holds, there is an error to throw afterwards. */
export async function refusalOf(response: Response): Promise<ManagementApiError> {
  const body = parseErrorBody(await response.text())
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ManagementApiError({
    status: response.status,
    code: body.errorCode ?? `http_${response.status}`,
    message: body.message ?? `The server answered ${response.status} ${response.statusText}`.trim(),
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  })
}

function parseErrorBody(text: string): { message?: string; errorCode?: string } {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null) return {}
    return {
      ...('message' in body && typeof body.message === 'string' ? { message: body.message } : {}),
      ...('errorCode' in body && typeof body.errorCode === 'string' ? { errorCode: body.errorCode } : {}),
    }
  } catch {
    // A proxy's page, perhaps; the status has to do.
    return {}
  }
}
