/**
 * What an authorization server says of itself (RFC 8414 §2), put together from what its parts contribute. A part
 * contributes only what works for this tenant under these settings: a client that trusts the metadata must not be led
 * into a refusal. No two parts contribute the same member.
 */
import { certificateAuthMethods } from '../domain/client.ts'
import { assertionAlgorithmNames } from '../domain/client-credential.ts'
import type { Issuer } from '../domain/issuer.ts'
import type { KeyAlgorithm } from '../domain/resource-server.ts'
import { demandsOfTenant, isFapiAlgorithm } from '../domain/security-demands.ts'
import type { Tenant } from '../domain/tenant.ts'
import { proofAlgorithms } from '../keys/public-key/proof-key.ts'

export interface MetadataSubject {
  readonly tenant: Tenant
  readonly issuer: Issuer
  readonly takesCertificates: boolean
  /** The algorithms that access tokens can be signed with here. */
  readonly tokenAlgorithms: readonly KeyAlgorithm[]
}

type Metadata = Readonly<Record<string, unknown>>

const contributions: readonly ((subject: MetadataSubject) => Metadata)[] = [
  places,
  grants,
  clientAuthentication,
  possession,
  presentedTokens,
]

export function serverMetadata(subject: MetadataSubject): Metadata {
  return Object.assign({}, ...contributions.map((contribute) => contribute(subject)))
}

/** OpenID Connect libraries refuse a document without these members; no id token is ever issued. */
export function openIdConfiguration(subject: MetadataSubject): Metadata {
  return {
    ...serverMetadata(subject),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: allowedAlgorithms(subject),
    request_parameter_supported: false,
    // Its default is true (OpenID Connect Discovery 1.0 §3).
    request_uri_parameter_supported: false,
  }
}

function allowedAlgorithms({ tenant, tokenAlgorithms }: MetadataSubject): readonly KeyAlgorithm[] {
  const demands = demandsOfTenant(tenant)
  return tokenAlgorithms.filter((algorithm) => demands === undefined || isFapiAlgorithm(algorithm))
}

function places({ issuer }: MetadataSubject): Metadata {
  return {
    issuer: issuer.issuer,
    token_endpoint: `${issuer.origin}/oauth/token`,
    jwks_uri: `${issuer.origin}/.well-known/jwks.json`,
    // RFC 9728 §4.
    protected_resources: [issuer.managementAudience],
  }
}

function grants(): Metadata {
  return { grant_types_supported: ['client_credentials'], response_types_supported: [] }
}

/** RFC 9449 §5.1. */
function possession({ issuer, takesCertificates }: MetadataSubject): Metadata {
  return {
    dpop_signing_alg_values_supported: proofAlgorithms,
    // RFC 8705 §3.3 and §5: the one listener accepts certificates, so the aliases are the same endpoints.
    ...(takesCertificates && {
      tls_client_certificate_bound_access_tokens: true,
      mtls_endpoint_aliases: {
        token_endpoint: `${issuer.origin}/oauth/token`,
        introspection_endpoint: `${issuer.origin}/oauth/introspect`,
        revocation_endpoint: `${issuer.origin}/oauth/revoke`,
      },
    }),
  }
}

const authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const

function clientAuthentication(subject: MetadataSubject): Metadata {
  return authenticationAt('token', subject)
}

/** RFC 7009 and RFC 7662: clients authenticate at both as at the token endpoint. */
function presentedTokens(subject: MetadataSubject): Metadata {
  const { origin } = subject.issuer
  return {
    introspection_endpoint: `${origin}/oauth/introspect`,
    ...authenticationAt('introspection', subject),
    // RFC 9701 §7: which one signs depends on the API.
    introspection_signing_alg_values_supported: allowedAlgorithms(subject),
    revocation_endpoint: `${origin}/oauth/revoke`,
    ...authenticationAt('revocation', subject),
  }
}

/** In a tenant that demands more, only what meets it. */
function authenticationAt(
  endpoint: 'token' | 'introspection' | 'revocation',
  { tenant, takesCertificates }: MetadataSubject,
): Metadata {
  const demands = demandsOfTenant(tenant)
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: [
      ...authMethods,
      ...(takesCertificates ? certificateAuthMethods : []),
    ].filter((method) => demands?.authMethods.includes(method) ?? true),
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: assertionAlgorithmNames.filter(
      (name) => demands === undefined || isFapiAlgorithm(name),
    ),
  }
}
