/**
 * What every request knows before any route sees it. Set once, in `app.ts`.
 * The host of the request picks among the tenants' configured origins and decides nothing else.
 */
import type { FastifyRequest } from 'fastify'
import type { Issuer } from '../domain/issuer.ts'
import { type LogEntryId, parseLogEntryId } from '../domain/log-entry.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { PresentedCertificate } from '../keys/certificate/client-certificate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    receivedAt: Date
    tenant: Tenant
    issuer: Issuer
    /** The certificate of the client, directly or behind a trusted proxy; undefined where it has shown none. */
    clientCertificate: PresentedCertificate | undefined
    /** Whether a trusted proxy passed on a certificate that cannot be read; `clientCertificate` is undefined then. */
    hasUnreadableCertificate: boolean
  }
}

/** Undefined before the Host has been looked at, and where no tenant has that host. */
export function tenantOf(request: { readonly tenant: Tenant | undefined }): Tenant | undefined {
  return request.tenant
}

/** The request id is the id of the log entry that will account for the request; it goes back as `X-Request-Id`. */
export function logEntryIdOf(request: FastifyRequest): LogEntryId {
  const id = parseLogEntryId(request.id)
  if (id === undefined) throw new TypeError('The request id is no log entry id.')
  return id
}
