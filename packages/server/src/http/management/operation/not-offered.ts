/**
 * What the management API does not offer. Reading it is refused for want of a scope that no token here has, because
 * tools of Auth0's API take that for "not part of this plan" and go on; everything else is simply not found.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import { type ProveOperator, refuseScope } from '../access/access.ts'

export function refuseWhatIsNotOffered(
  api: FastifyInstance,
  prefix: string,
  proveOperator: ProveOperator,
): void {
  for (const url of [prefix, `${prefix}/*`]) {
    // Refused at once: the body is not read.
    api.all(url, { exposeHeadRoute: false, onRequest: refuse }, refuse)
  }

  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<never> {
    request.actor = await proveOperator(request, reply)
    if (request.method === 'GET') {
      throw refuseScope(reply, { scopes: [`read:${nounOf(request.url.slice(prefix.length))}`] })
    }
    throw new ManagementError('not_found', 'There is no such operation in this management API.')
  }
}

/** `/user-blocks/x?y` → `user_blocks`. */
function nounOf(rest: string): string {
  return /^\/([a-z][a-z-]{0,40})(?:[/?]|$)/.exec(rest)?.[1]?.replaceAll('-', '_') ?? 'anything'
}
