/**
 * What every request knows before any route sees it. Set once, in `app.ts`.
 * The Host header picks among the tenants' configured origins and decides nothing else.
 */
import type {} from 'fastify'
import type { Issuer } from '../domain/issuer.ts'
import type { Tenant } from '../domain/tenant.ts'

declare module 'fastify' {
  interface FastifyRequest {
    // `id` is fastify's own member: here always a LogEntryId, that of the entry which will account for
    // this request; it is sent back as `X-Request-Id`.
    receivedAt: Date
    tenant: Tenant
    issuer: Issuer
  }
}
