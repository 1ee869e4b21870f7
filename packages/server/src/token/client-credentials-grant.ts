/**
 * The client credentials grant (RFC 6749 §4.4): from a raw request to an outcome. Refusals are thrown inside
 * this room and become a value at its door, so that every token request we answer, granted or refused,
 * leaves exactly one exchange to record.
 */
import type { Client } from '../domain/client.ts'
import { allowedScopes, type ClientGrantStore, grantedScopes } from '../domain/client-grant.ts'
import { OAuthError } from '../domain/errors.ts'
import { tokenIdOf } from '../domain/issued-token.ts'
import type { Issuer } from '../domain/issuer.ts'
import type { Audience, ResourceServer, ResourceServerStore, Scope } from '../domain/resource-server.ts'
import { spentProofNouns } from '../domain/spent-proof.ts'
import { AlreadyExistsError } from '../domain/storage.ts'
import type { Tenant, TenantId } from '../domain/tenant.ts'
import { longestLifetimeSeconds } from '../domain/token-lifetime.ts'
import { thumbprintOf } from '../keys/certificate/certificate-facts.ts'
import type { RunPipeline } from '../rules/run-pipeline.ts'
import type { AccessToken, SignAccessToken } from './access-token.ts'
import { inProfile } from './auth0-refusals.ts'
import type { AuthenticateClient } from './client-authentication/authenticate-client.ts'
import { assertionWasSpent } from './client-authentication/client-refusals.ts'
import { beginExchange, type Exchange, type IncomingTokenRequest } from './exchange.ts'
import { bindToken } from './proof-of-possession/bind-token.ts'
import {
  type Possession,
  type ProvePossession,
  proofWasSpent,
} from './proof-of-possession/prove-possession.ts'
import type { DrawStatusPlace } from './status-list/status-places.ts'
import { parseTokenRequest, ungrantedTarget, unknownTarget } from './token-request.ts'
import { visibleToRules } from './visible-request.ts'

export type TokenOutcome =
  | { readonly kind: 'issued'; readonly exchange: Exchange; readonly token: AccessToken }
  | { readonly kind: 'refused'; readonly exchange: Exchange; readonly error: OAuthError }

export interface ClientCredentialsGrantDeps {
  readonly authenticateClient: AuthenticateClient
  readonly provePossession: ProvePossession
  readonly resourceServers: ResourceServerStore
  readonly clientGrants: ClientGrantStore
  readonly runPipeline: RunPipeline
  readonly signAccessToken: SignAccessToken
  readonly now: () => Date
  readonly drawStatusPlace: DrawStatusPlace
  /** 32 random bytes, base64url. */
  readonly newSeed: () => string
}

export type GrantAccessToken = (incoming: IncomingTokenRequest) => Promise<TokenOutcome>

export function createClientCredentialsGrant(deps: ClientCredentialsGrantDeps): GrantAccessToken {
  return async function grantAccessToken(incoming) {
    const exchange = beginExchange(incoming, deps.newSeed())
    try {
      return { kind: 'issued', exchange, token: await issue(deps, exchange) }
    } catch (error) {
      if (error instanceof OAuthError) return refused(exchange, error)
      throw error
    }
  }
}

/** The outcome of a request that was refused before the grant could begin. */
export function refuse(incoming: IncomingTokenRequest, error: OAuthError): TokenOutcome {
  return refused(beginExchange(incoming, ''), error)
}

// In the tenant's own words from here on, so that its log has those that the client got.
function refused(exchange: Exchange, error: OAuthError): TokenOutcome {
  return { kind: 'refused', exchange, error: inProfile(error, exchange.incoming.tenant.profile) }
}

/**
 * What becomes of an outcome that could not be recorded because another request used one of its proofs at the same time:
 * a refusal, in which the client of a used assertion counts as unproven. Undefined for every other error.
 */
export function refuseReplay({ exchange }: TokenOutcome, error: unknown): TokenOutcome | undefined {
  if (!(error instanceof AlreadyExistsError)) return undefined
  const proof = exchange.spentProofs.find(({ kind }) => spentProofNouns[kind] === error.noun)
  if (!proof) return undefined
  if (proof.kind === 'dpop_proof') {
    const others = exchange.spentProofs.filter((other) => other !== proof)
    return refused({ ...exchange, spentProofs: others }, proofWasSpent())
  }
  const { client: _, workload: __, ...unproven } = exchange
  return refused({ ...unproven, spentProofs: [] }, assertionWasSpent())
}

// The exchange is filled in step by step, so that a refusal tells how far it came.
async function issue(deps: ClientCredentialsGrantDeps, exchange: Exchange): Promise<AccessToken> {
  const { incoming } = exchange
  const request = parseTokenRequest(incoming.raw, incoming.tenant)
  exchange.request = request
  // First, since it says nothing of any client, and a client that has to come again with a nonce has not used up its
  // assertion.
  const possession = await provenPossession(deps, incoming)
  const { client, workload, usedSecret, usedCredential, spentProof } = await deps.authenticateClient(
    incoming,
    request.credentials,
    request.audience,
  )
  exchange.client = client
  if (workload) exchange.workload = workload
  if (usedSecret) exchange.usedSecret = usedSecret
  if (usedCredential) exchange.usedCredential = usedCredential
  exchange.spentProofs = [spentProof, possession?.spentProof].filter((proof) => proof !== undefined)
  const shown = incoming.clientCertificate
  if (shown) exchange.provenKeys = { x5tS256: thumbprintOf(shown.leaf.raw) }
  if (possession) exchange.provenKeys = { ...exchange.provenKeys, jkt: possession.jkt }
  refuseOtherGrants(client)
  const target = await findTarget(deps, incoming.tenant.id, incoming.issuer, client, request.audience)
  exchange.resourceServer = target.resourceServer
  const signing = bindToken(exchange, client, target.resourceServer)
  const granted = grantedScopes(target.grant, target.resourceServer)
  const scopes = narrowedScopes(incoming.tenant, granted, request.scopes) ?? granted
  exchange.grantedScopes = granted
  exchange.entitledScopes = scopes
  const shaped = await shape(deps, exchange, { client, ...target, granted, scopes })
  exchange.scopes = shaped.scopes
  return deps.signAccessToken({
    tenantId: incoming.tenant.id,
    issuer: incoming.issuer,
    client,
    resourceServer: { ...target.resourceServer, signing },
    audience: request.audience,
    scopes: shaped.scopes,
    lifetimeSeconds: shaped.lifetimeSeconds,
    confirmation: exchange.confirmation,
    customClaims: shaped.claims,
    // The log entry of the exchange has the same id: it tells of the token for as long as any lives.
    jti: tokenIdOf(incoming.requestId),
    issuedAt: deps.now(),
    statusPlace: target.resourceServer.hasTokenStatusList
      ? deps.drawStatusPlace(target.resourceServer)
      : undefined,
  })
}

/** Undefined where the request has no DPoP proof. */
async function provenPossession(
  { provePossession }: ClientCredentialsGrantDeps,
  { tenant, rawDpop, httpMethod: method, endpointUrl: uri }: IncomingTokenRequest,
): Promise<Possession | undefined> {
  if (rawDpop.length === 0) return undefined
  return provePossession(tenant, rawDpop, { method, uri, accessToken: undefined })
}

/** The scopes that were asked for; undefined where the request does not narrow. */
function narrowedScopes(
  { profile }: Tenant,
  granted: readonly Scope[],
  asked: readonly Scope[],
): readonly Scope[] | undefined {
  const { scopes, outside } = allowedScopes(granted, asked)
  if (outside.length > 0) {
    throw new OAuthError('invalid_scope', `The client grant does not include: ${outside.join(' ')}`, {
      reason: { kind: 'ungranted_scopes', scopes: outside },
    })
  }
  // Auth0 gives the whole grant, whatever of it was asked for; RFC 6749 §3.3 lets a request narrow it.
  return profile === 'auth0' ? undefined : scopes
}

function refuseOtherGrants(client: Client): void {
  if (client.grantTypes.includes('client_credentials')) return
  throw new OAuthError(
    'unauthorized_client',
    'The grant type client_credentials is not allowed for this client.',
    { reason: { kind: 'grant_type_not_allowed' } },
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
    throw unknownTarget(audience)
  const grant = await deps.clientGrants.findFor(tenantId, client.id, resourceServer.id)
  if (!grant || resourceServer.clientPolicy === 'deny_all') throw ungrantedTarget(audience)
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
  if (resourceServer.isSystem) {
    return { scopes, claims: {}, lifetimeSeconds: longestLifetimeSeconds(client, resourceServer) }
  }
  const { incoming } = exchange
  const visible = visibleToRules(exchange)
  exchange.visible = visible
  const outcome = await deps.runPipeline({
    requestId: incoming.requestId,
    tenant: incoming.tenant,
    client,
    audience: resourceServer.identifier,
    resourceServer,
    granted,
    scopes,
    requestedScopes: exchange.request?.scopes ?? [],
    request: visible,
    seed: exchange.seed,
  })
  exchange.runs = outcome.runs
  exchange.mask = outcome.mask
  if (outcome.kind === 'ended') throw outcome.error
  exchange.claims = outcome.claims
  return outcome
}
