/** One exchange as it comes about: what came in, and what each step of the grant added. */
import type { Client, ClientSecret } from '../domain/client.ts'
import type { ClientCredential } from '../domain/client-credential.ts'
import type { Confirmation } from '../domain/confirmation.ts'
import type { Issuer } from '../domain/issuer.ts'
import type { LogEntryId } from '../domain/log-entry.ts'
import type { ResourceServer, Scope } from '../domain/resource-server.ts'
import type { SpentProof } from '../domain/spent-proof.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { PresentedCertificate } from '../keys/certificate/client-certificate.ts'
import type { RuleRequest } from '../rules/callback-input.ts'
import type { Claims } from '../rules/claims.ts'
import { createMask, type Mask } from '../rules/masking.ts'
import type { RuleRun } from '../rules/run-rule.ts'
import type { Workload } from './client-authentication/proven-client.ts'
import type { RawTokenRequest } from './parameters.ts'
import { presentedSecrets } from './presented-secrets.ts'
import type { ProvenKeys } from './proof-of-possession/required-confirmation.ts'
import type { TokenRequest } from './token-request.ts'

/** A token request as the endpoint hands it over. */
export interface IncomingTokenRequest {
  readonly requestId: LogEntryId
  readonly receivedAt: Date
  readonly tenant: Tenant
  readonly issuer: Issuer
  readonly ip: string
  readonly userAgent: string
  readonly httpMethod: string
  /** Where the request was sent, by the tenant's own origin: the Host header never counts. */
  readonly endpointUrl: string
  /** The values of all `DPoP` headers (RFC 9449 §4.1). */
  readonly rawDpop: readonly string[]
  /** Undefined where the client has shown none. */
  readonly clientCertificate: PresentedCertificate | undefined
  readonly rawQuery: Readonly<Record<string, unknown>>
  readonly rawHeaders: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly raw: RawTokenRequest
}

/** Filled in while the grant takes its steps; what is missing at the end was not reached. */
export interface Exchange {
  readonly incoming: IncomingTokenRequest
  /** 32 random bytes, base64url: the source of all randomness that rules see. */
  readonly seed: string
  /** Replaces what the request presented as a secret, wherever else it was put: it must be neither shown nor kept. */
  readonly maskPresented: Mask
  request?: TokenRequest
  /** Once it is proven. */
  client?: Client
  /** Which of its secrets proved it. */
  usedSecret?: ClientSecret
  /** Or which of its credentials. */
  usedCredential?: ClientCredential
  /** Whom another issuer vouched for, where that proved the client. */
  workload?: Workload
  /** What was used up to prove the client: on disk before the answer leaves, or it could be used again. */
  spentProofs: readonly SpentProof[]
  /** Keys that whoever sent the request was seen to hold; what the token is bound to is one of them. */
  provenKeys?: ProvenKeys
  /** What the token will be bound to; undefined: a bearer token. */
  confirmation?: Confirmation
  resourceServer?: ResourceServer
  /** All that the client may have of the API. */
  grantedScopes?: readonly Scope[]
  /** Granted and asked for, before any rule. */
  entitledScopes?: readonly Scope[]
  scopes: readonly Scope[]
  claims?: Claims
  /** What rules were shown of the request. */
  visible?: RuleRequest
  runs: readonly RuleRun[]
  /** Replaces the values of the secrets of rules. */
  mask?: Mask
}

/** An exchange of which nothing is known but the request. */
export function beginExchange(incoming: IncomingTokenRequest, seed: string): Exchange {
  const maskPresented = createMask(presentedSecrets(incoming.raw))
  return { incoming, seed, maskPresented, spentProofs: [], runs: [], scopes: [] }
}
