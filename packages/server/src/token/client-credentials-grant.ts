/**
 * The client credentials grant (RFC 6749 §4.4): from a raw request to an outcome. Refusals are thrown inside
 * this room and become a value at its door, so that every token request we answer, granted or refused,
 * leaves exactly one exchange to record.
 */
import type { Client } from '../domain/client.ts'
import { allowedScopes, type ClientGrantStore } from '../domain/client-grant.ts'
import { OAuthError } from '../domain/errors.ts'
import type { Issuer } from '../domain/issuer.ts'
import type { Audience, ResourceServer, ResourceServerStore, Scope } from '../domain/resource-server.ts'
import type { TenantId } from '../domain/tenant.ts'
import type { RunPipeline } from '../rules/run-pipeline.ts'
import type { AccessToken, SignAccessToken } from './access-token.ts'
import type { AuthenticateClient } from './authenticate-client.ts'
import type { Exchange, IncomingTokenRequest } from './exchange.ts'
import { parseTokenRequest, unknownTarget } from './token-request.ts'
import { visibleToRules } from './visible-request.ts'

export type TokenOutcome =
  | { readonly kind: 'issued'; readonly exchange: Exchange; readonly token: AccessToken }
  | { readonly kind: 'refused'; readonly exchange: Exchange; readonly error: OAuthError }

export interface ClientCredentialsGrantDeps {
  readonly authenticateClient: AuthenticateClient
  readonly resourceServers: ResourceServerStore
  readonly clientGrants: ClientGrantStore
  readonly runPipeline: RunPipeline
  readonly signAccessToken: SignAccessToken
  readonly now: () => Date
  /** A random UUID, for `jti`. */
  readonly newTokenId: () => string
  /** 32 random bytes, base64url. */
  readonly newSeed: () => string
}

export type GrantAccessToken = (incoming: IncomingTokenRequest) => Promise<TokenOutcome>

export function createClientCredentialsGrant(deps: ClientCredentialsGrantDeps): GrantAccessToken {
  return async function grantAccessToken(incoming) {
    const exchange: Exchange = { incoming, seed: deps.newSeed(), runs: [], scopes: [] }
    try {
      return { kind: 'issued', exchange, token: await issue(deps, exchange) }
    } catch (error) {
      if (error instanceof OAuthError) return { kind: 'refused', exchange, error }
      throw error
    }
  }
}

/** The outcome of a request that was refused before the grant could begin. */
export function refuse(incoming: IncomingTokenRequest, error: OAuthError): TokenOutcome {
  return { kind: 'refused', exchange: { incoming, seed: '', runs: [], scopes: [] }, error }
}

// The exchange is filled in step by step, so that a refusal tells how far it came.
async function issue(deps: ClientCredentialsGrantDeps, exchange: Exchange): Promise<AccessToken> {
  const { incoming } = exchange
  const request = parseTokenRequest(incoming.raw)
  exchange.request = request
  const client = await deps.authenticateClient(incoming.tenant.id, request.credentials, incoming.ip)
  exchange.client = client
  refuseOtherGrants(client)
  const target = await findTarget(deps, incoming.tenant.id, incoming.issuer, client, request.audience)
  exchange.resourceServer = target.resourceServer
  const { scopes, outside } = allowedScopes(target.grant, target.resourceServer, request.scopes)
  if (outside.length > 0) {
    throw new OAuthError('invalid_scope', `The client grant does not include: ${outside.join(' ')}`)
  }
  exchange.entitledScopes = scopes
  const granted = allowedScopes(target.grant, target.resourceServer, []).scopes
  const shaped = await shape(deps, exchange, { client, ...target, granted, scopes })
  exchange.scopes = shaped.scopes
  return deps.signAccessToken({
    tenantId: incoming.tenant.id,
    issuer: incoming.issuer.issuer,
    client,
    resourceServer: target.resourceServer,
    audience: request.audience,
    scopes: shaped.scopes,
    customClaims: shaped.claims,
    jti: deps.newTokenId(),
    issuedAt: deps.now(),
  })
}

function refuseOtherGrants(client: Client): void {
  if (client.grantTypes.includes('client_credentials')) return
  throw new OAuthError(
    'unauthorized_client',
    'The grant type client_credentials is not allowed for this client.',
  )
}

async function findTarget(
  deps: ClientCredentialsGrantDeps,
  tenantId: TenantId,
  issuer: Issuer,
  client: Client,
  audience: Audience,
) {
  const resourceServer =
    audience === issuer.managementAudience
      ? await deps.resourceServers.findSystem(tenantId)
      : await deps.resourceServers.findByIdentifier(tenantId, audience)
  if (!resourceServer || (resourceServer.isSystem && audience !== issuer.managementAudience))
    throw unknownTarget()
  const grant = await deps.clientGrants.findFor(tenantId, client.id, resourceServer.id)
  if (!grant) throw unknownTarget()
  return { resourceServer, grant }
}

interface Entitled {
  readonly client: Client
  readonly resourceServer: ResourceServer
  readonly granted: readonly Scope[]
  /** Granted and, when the request names scopes, asked for. */
  readonly scopes: readonly Scope[]
}

// No rule runs for tokens of the management API: a rule can neither widen an operator nor lock one out.
async function shape(deps: ClientCredentialsGrantDeps, exchange: Exchange, entitled: Entitled) {
  const { client, resourceServer, granted, scopes } = entitled
  if (resourceServer.isSystem) return { scopes, claims: {} }
  const { incoming } = exchange
  const outcome = await deps.runPipeline({
    requestId: incoming.requestId,
    tenant: incoming.tenant,
    client,
    audience: resourceServer.identifier,
    resourceServer,
    granted,
    scopes,
    request: visibleToRules(incoming),
    seed: exchange.seed,
  })
  exchange.runs = outcome.runs
  exchange.mask = outcome.mask
  if (outcome.kind === 'ended') throw outcome.error
  exchange.claims = outcome.claims
  return outcome
}
