/**
 * The list of routes. Around all of them: a request id that is also the id of a log entry, the tenant that the
 * Host names, limits on what is read, and one place for errors.
 */
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  fastify,
  LogController,
} from 'fastify'
import { issuerOf } from '../domain/issuer.ts'
import type { LogEntryId } from '../domain/log-entry.ts'
import { maskOwnSecrets } from '../keys/secret/client-secret.ts'
import { registerApiDescription } from './api-description/register-api-description.ts'
import { createReadClientCertificate } from './client-certificate.ts'
import { type DiscoveryDeps, registerDiscovery } from './discovery.ts'
import { createDrain, type Drain } from './drain.ts'
import { type Readiness, registerHealth } from './health.ts'
import { type ManagementDeps, registerManagement } from './management/management.ts'
import { messageFault } from './message-fault.ts'
import { createPickTenant, hostOf, type PickTenantDeps } from './pick-tenant.ts'
import { type PresentedTokenDeps, registerPresentedTokenEndpoints } from './presented-token-endpoints.ts'
import type {} from './request.ts'
import { sendError, sendManagementBody } from './respond.ts'
import { registerStatusLists, type StatusListDeps } from './status-lists.ts'
import { registerTokenEndpoint, type TokenEndpointDeps } from './token-endpoint.ts'
import { createUnreadableBytes, refuseExpectations, refuseTunnels, sendUnreadablePath } from './unreadable.ts'
import { registerWebtaskDoor, type WebtaskDoorDeps } from './webtask/webtask-door.ts'

export interface AppDeps extends PickTenantDeps {
  readonly log: FastifyBaseLogger
  readonly newLogEntryId: () => LogEntryId
  readonly now: () => Date
  readonly trustedProxies: readonly string[]
  readonly clientCertificateHeader: string | undefined
  /** Of this release. */
  readonly version: string
  readonly readiness: () => Promise<Readiness>
  readonly tokenEndpoint: TokenEndpointDeps
  readonly presentedTokens: PresentedTokenDeps
  readonly statusLists: StatusListDeps
  readonly discovery: DiscoveryDeps
  readonly management: ManagementDeps
  readonly webtaskDoor: WebtaskDoorDeps
}

/** Bytes. A larger body of the management API or the webtask door is refused with 413. */
export const maxBodyBytes = 1_048_576
/** A request that has not been read whole by then is cut off. */
const requestTimeoutMs = 30_000
const keepAliveTimeoutMs = 72_000
/** An API's identifier of 600 characters, percent-encoded, is one path segment. */
const maxPathSegmentLength = 1900

/** The app, and the way to stop it. */
export function createApp(
  deps: AppDeps,
  /** Makes the listener where it is no plain one. */
  serverFactory?: FastifyServerFactory,
): { app: FastifyInstance; drain: Drain } {
  const unreadable = createUnreadableBytes(deps.newLogEntryId)
  const app = fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: deps.newLogEntryId,
    frameworkErrors: sendUnreadablePath,
    clientErrorHandler: unreadable.answer,
    requestIdHeader: false,
    // Answered here, like everything else.
    http: { requireHostHeader: false },
    trustProxy: deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: maxPathSegmentLength },
    ...(serverFactory === undefined ? {} : { serverFactory }),
  })
  // A listener that was made elsewhere does not know these.
  app.server.requestTimeout = requestTimeoutMs
  // Node gives the whole request the longer of the two.
  app.server.headersTimeout = requestTimeoutMs
  app.server.keepAliveTimeout = keepAliveTimeoutMs
  // RFC 9293 §3.6: a client that has sent everything may close its side and still waits for the answer.
  Object.assign(app.server, { httpAllowHalfOpen: true })
  unreadable.watch(app)
  refuseExpectations(app, deps.newLogEntryId)
  refuseTunnels(app, deps.newLogEntryId)
  for (const member of ['receivedAt', 'tenant', 'issuer', 'clientCertificate', 'hasUnreadableCertificate'])
    app.decorateRequest(member)
  const readClientCertificate = createReadClientCertificate(deps)
  // With a promise, so that all that came in one piece has been parsed before anything is answered. Those that follow
  // call back instead: a promise for each would cost every request.
  app.addHook('onRequest', async (request, reply) => {
    request.receivedAt = deps.now()
    const shown = readClientCertificate(request)
    request.clientCertificate = shown === 'unreadable' ? undefined : shown
    request.hasUnreadableCertificate = shown === 'unreadable'
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
  })
  const drain = createDrain(app)
  registerHealth(app, deps)
  app.setErrorHandler(sendError)
  app.setNotFoundHandler(sendNotFound)
  app.addHook('onRequest', (request, reply, done) => {
    // Node loses whatever came with a request that asks to go on in another protocol, and its sender would wait for it.
    if (request.headers.upgrade !== undefined) reply.header('connection', 'close')
    const fault = messageFault(request)
    if (fault === undefined) return done()
    // What follows on this connection may be part of it, or not.
    reply.header('connection', 'close')
    sendManagementBody(reply, 400, fault, 'invalid_header')
  })
  // This early, so that no body is read for a path that does not exist.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    sendNotFound(request, reply)
  })
  const pickTenant = createPickTenant(deps)
  app.register(async (tenants) => {
    tenants.addHook('onRequest', async (request) => {
      request.tenant = await pickTenant(hostOf(request))
      request.issuer = issuerOf(request.tenant, deps.defaultOrigin())
    })
    tenants.register(async (scope) => registerTokenEndpoint(scope, deps.tokenEndpoint))
    tenants.register(async (scope) => registerPresentedTokenEndpoints(scope, deps.presentedTokens))
    tenants.register(async (scope) => registerStatusLists(scope, deps.statusLists))
    tenants.register(async (scope) => registerDiscovery(scope, deps.discovery))
    tenants.register(async (scope) => registerApiDescription(scope, deps.version))
    tenants.register(async (scope) => registerManagement(scope, deps.management))
    tenants.register(async (scope) => registerWebtaskDoor(scope, deps.webtaskDoor))
  })
  return { app, drain }
}

function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendManagementBody(
    reply,
    404,
    `There is nothing at ${request.method} ${pathOf(request.url)}.`,
    'not_found',
  )
}

function pathOf(url: string): string {
  return maskOwnSecrets(url.split('?', 1)[0] ?? '/').slice(0, 200)
}
