/**
 * Who comes in: the holder of an opaque management token of one tenant, for the container that bears that tenant's
 * name. What belongs to another tenant is answered as if it did not exist.
 */
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import type { Tenant, TenantStore } from '../../domain/tenant.ts'
import type { WebtaskToken, WebtaskTokenStore } from '../../domain/webtask-token.ts'
import type {} from '../record-change.ts'

export interface DoorAccessDeps {
  readonly tenants: Pick<TenantStore, 'find'>
  readonly webtaskTokens: Pick<WebtaskTokenStore, 'findByHash'>
  /** The keyed hash under which a management token is stored. */
  readonly hashSecret: (text: string) => Uint8Array
}

/** A tenant, proven by its management token. */
export interface Visitor {
  readonly tenant: Tenant
  readonly token: WebtaskToken
}

/** No token of ours is longer, so longer texts are not hashed. */
const maxManagementTokenLength = 1024

export type DoorAccess = ReturnType<typeof createDoorAccess>

export function createDoorAccess(deps: DoorAccessDeps) {
  async function visitorOf(presented: string | undefined, request: FastifyRequest): Promise<Visitor> {
    if (presented === undefined) {
      throw new ManagementError(
        'invalid_token',
        'The request brings no management token. Run wt init with the container and token of this server.',
      )
    }
    const known = presented.length <= maxManagementTokenLength
    const token = known ? await deps.webtaskTokens.findByHash(deps.hashSecret(presented)) : undefined
    const tenant = token && (await deps.tenants.find(token.tenantId))
    if (token === undefined || tenant === undefined) {
      throw new ManagementError(
        'invalid_token',
        'The management token is not valid here. Run wt init with the container and token of this server.',
      )
    }
    // A Host that belongs to another tenant: nothing of this one is to be found there.
    if (request.tenant.id !== tenant.id) throw notFound()
    return { tenant, token }
  }

  const entered = new WeakMap<FastifyRequest, Visitor>()

  return {
    /**
     * Called before the body is read, and again by handlers that need the visitor.
     * @throws ManagementError without a valid bearer token, or for a container that is not its tenant's.
     */
    async enter(request: FastifyRequest, container?: string): Promise<Visitor> {
      const visitor = entered.get(request) ?? (await visitorOf(bearerOf(request), request))
      entered.set(request, visitor)
      request.isProven = true
      if (container !== undefined && container !== visitor.tenant.name) throw notFound()
      return visitor
    },

    /** Whether a visitor who entered before could enter again. */
    async isStillValid({ token }: Visitor): Promise<boolean> {
      const stored = await deps.webtaskTokens.findByHash(token.hash)
      return stored?.id === token.id && stored.tenantId === token.tenantId
    },

    /** For the log stream, whose client sends the token as `key` and cannot send a header. */
    async enterWithKey(
      request: FastifyRequest,
      container: string,
      key: string | undefined,
    ): Promise<Visitor> {
      const bearer = bearerOf(request)
      if (bearer !== undefined && key !== undefined) {
        throw new ManagementError(
          'invalid_query_string',
          'The management token comes twice. Send it in the Authorization header or as key, not both.',
        )
      }
      const visitor = await visitorOf(bearer ?? key, request)
      if (container !== visitor.tenant.name) throw notFound()
      return visitor
    },
  }
}

function notFound(): ManagementError {
  return new ManagementError(
    'not_found',
    'There is no such container for this management token. Run wt init with the container and token that belong together.',
  )
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
}
