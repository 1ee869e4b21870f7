/** How operations are refused, as `../respond.ts` answers it. */
import type { Operation } from '@tallystick/management-api/contract/operation'

type RefusalStatus = 400 | 401 | 403 | 404 | 409 | 412 | 413 | 422 | 429 | 503

const meanings: Record<RefusalStatus, string> = {
  400: 'The request is not as described; the message names the member, parameter or header.',
  401: 'No access token, or one that is not valid here.',
  403: 'The token lacks the scope, or the operation is refused for this object.',
  404: 'There is no such object in this tenant.',
  409: 'The identifier is taken, or the object is in use or in change.',
  412: 'The object is not what If-Match or If-None-Match says; nothing has changed.',
  413: 'The body is larger than 1 MB.',
  422: 'The Idempotency-Key came with another request before.',
  429: 'Too many requests; come back after the seconds of Retry-After.',
  503: 'Nothing could be written, so nothing has changed; try again.',
}

/** For `components.responses`, by status. */
export const refusals: Record<string, object> = Object.fromEntries(
  Object.entries(meanings).map(([status, description]) => [
    status,
    {
      description,
      ...(status === '401' ? { headers: { 'WWW-Authenticate': { schema: { type: 'string' } } } } : {}),
      ...(status === '429' ? { headers: { 'Retry-After': { schema: { type: 'integer' } } } } : {}),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  ]),
)

export function refusalsOf({ method, path, body }: Operation): RefusalStatus[] {
  const changes = method !== 'GET'
  return [
    400,
    401,
    403,
    ...(path.includes(':') ? ([404] as const) : []),
    ...(changes ? ([409, 412] as const) : []),
    ...(body ? ([413] as const) : []),
    ...(method === 'POST' ? ([422] as const) : []),
    429,
    ...(changes ? ([503] as const) : []),
  ]
}
