/**
 * `GET /oauth/status-lists/{id}`: a signed list of which tokens still count (Token Status List), for everybody: it names
 * no token, no client and no API.
 */
import type { FastifyInstance } from 'fastify'
import { parseStatusListId } from '../domain/issued-token.ts'
import { statusListPath } from '../token/status-list/status-list-url.ts'
import { type PublishStatusList, statusListTtlSeconds } from '../token/status-list/status-lists.ts'
import type {} from './request.ts'
import { sendManagementBody } from './respond.ts'
import { sendCached } from './send-cached.ts'

export interface StatusListDeps {
  readonly publishStatusList: PublishStatusList
}

export function registerStatusLists(app: FastifyInstance, { publishStatusList }: StatusListDeps): void {
  app.get<{ Params: { id: string } }>(`${statusListPath}/:id`, async (request, reply) => {
    const id = parseStatusListId(request.params.id)
    const jwt = id && (await publishStatusList(request, id))
    // Its last token has expired, or it never had one.
    if (jwt === undefined) return sendManagementBody(reply, 404, 'There is no such status list.', 'not_found')
    return sendCached(request, reply, {
      body: jwt,
      contentType: 'application/statuslist+jwt',
      maxAgeSeconds: statusListTtlSeconds,
    })
  })
}
