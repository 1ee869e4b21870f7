/**
 * What the FAPI 2.0 Security Profile demands of a token request, where the client's level of compliance or the tenant
 * asks for it. Each level is within what the tenant's profile allows, so the client's own is the stricter of the two.
 */
import {
  type Client,
  type ComplianceLevel,
  certificateAuthMethods,
  type TokenEndpointAuthMethod,
} from './client.ts'
import type { AssertionAlgorithmName } from './client-credential.ts'
import type { BindingMechanism, KeyAlgorithm, ResourceServer, TokenSigning } from './resource-server.ts'
import type { Tenant } from './tenant.ts'

export interface SecurityDemands {
  /** What asks for it, in the words of the settings. */
  readonly name: Exclude<ComplianceLevel, 'none'> | 'fapi2'
  readonly authMethods: readonly TokenEndpointAuthMethod[]
  /** One of these binds each token. */
  readonly bindings: readonly BindingMechanism[]
}

// FAPI 2.0 Security Profile §5.3.2.1: mTLS or private_key_jwt. A token of another issuer (`federated_jwt`) is neither:
// its key is not the client's, and its audience and algorithm are the other issuer's to choose.
const byCertificate = certificateAuthMethods
const byKey = ['private_key_jwt'] as const

const levels = {
  fapi2_sp_pkj_mtls: { authMethods: byKey, bindings: ['mtls'] },
  fapi2_sp_mtls_mtls: { authMethods: byCertificate, bindings: ['mtls'] },
  fapi2_sp_pkj_dpop: { authMethods: byKey, bindings: ['dpop'] },
  fapi2_sp_mtls_dpop: { authMethods: byCertificate, bindings: ['dpop'] },
} satisfies Record<Exclude<ComplianceLevel, 'none'>, Omit<SecurityDemands, 'name'>>

const ofTenant: SecurityDemands = {
  name: 'fapi2',
  authMethods: [...byKey, ...byCertificate],
  bindings: ['mtls', 'dpop'],
}

/** Undefined: none. */
export function demandsOfLevel(level: ComplianceLevel): SecurityDemands | undefined {
  return level === 'none' ? undefined : { name: level, ...levels[level] }
}

/**
 * What is demanded of a request of this client. The tenant's profile is for the tokens of its APIs: who administers the
 * tenant comes in as before, unless a level of that client's own says otherwise, lest the switch lock everybody out.
 */
export function demandsOn(
  { complianceLevel }: Pick<Client, 'complianceLevel'>,
  { security }: Pick<Tenant, 'security'>,
  isForManagement: boolean,
): SecurityDemands | undefined {
  return demandsOfLevel(complianceLevel) ?? (isForManagement ? undefined : demandsOfTenant({ security }))
}

/** On every client of the tenant. */
export function demandsOfTenant({ security }: Pick<Tenant, 'security'>): SecurityDemands | undefined {
  return security.profile === 'fapi2' ? ofTenant : undefined
}

/** §5.4.1: RSASSA-PKCS1-v1_5 (`RS…`) is none of these. */
const fapiAlgorithms: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519']

export function isFapiAlgorithm(algorithm: AssertionAlgorithmName | TokenSigning['algorithm']): boolean {
  return fapiAlgorithms.includes(algorithm)
}

export const fapiAlgorithmsInWords = 'PS256, ES256 or EdDSA'

/**
 * What tokens of this API are signed with under the demands; undefined where there is nothing that they allow. An opaque
 * token bears no signature. The algorithm of the management API is nobody's to choose, and this server alone verifies it.
 */
export function signingUnder({ isSystem, signing, tokenFormat }: ResourceServer): TokenSigning | undefined {
  if (tokenFormat === 'opaque' || isFapiAlgorithm(signing.algorithm)) return signing
  return isSystem ? { algorithm: 'ES256' } : undefined
}

/**
 * What is told of the tokens of an API is signed as they are. With ES256, which every tenant has keys for and every profile
 * allows, where that cannot be: there is no such API, or it shares a secret, or the tenant's profile excludes its algorithm.
 */
export function algorithmBeside(
  tenant: Pick<Tenant, 'security'>,
  signing: TokenSigning | undefined,
): KeyAlgorithm {
  if (signing === undefined || signing.algorithm === 'HS256') return 'ES256'
  const isAllowed = demandsOfTenant(tenant) === undefined || isFapiAlgorithm(signing.algorithm)
  return isAllowed ? signing.algorithm : 'ES256'
}
