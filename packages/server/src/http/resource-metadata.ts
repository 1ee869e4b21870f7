/**
 * What the management API says of itself as a protected resource (RFC 9728 §2), and where. Like the metadata of the
 * server it is put together from what its parts contribute, and names only what works.
 */
import type { Issuer } from '../domain/issuer.ts'
import type { ResourceServer } from '../domain/resource-server.ts'
import type { Tenant } from '../domain/tenant.ts'
import { proofAlgorithms } from '../keys/public-key/proof-key.ts'

export interface ResourceMetadataSubject {
  readonly tenant: Tenant
  readonly issuer: Issuer
  readonly scopes: ResourceServer['scopes']
  readonly takesCertificates: boolean
}

type Metadata = Readonly<Record<string, unknown>>

/**
 * RFC 9728 §3.1 puts the name between the host and the path of the identifier, whose final slash is part of it. It is
 * also answered without that slash, for clients that drop it; `resource` tells them the exact identifier.
 */
export const resourceMetadataPath = '/.well-known/oauth-protected-resource/api/v2/'

/** What a challenge of the management API names (RFC 9728 §5.1). */
export function resourceMetadataUrl({ origin }: Issuer): string {
  return `${origin}${resourceMetadataPath}`
}

const contributions: readonly ((subject: ResourceMetadataSubject) => Metadata)[] = [identity, tokens]

export function resourceMetadata(subject: ResourceMetadataSubject): Metadata {
  return Object.assign({}, ...contributions.map((contribute) => contribute(subject)))
}

function identity({ issuer, scopes }: ResourceMetadataSubject): Metadata {
  return {
    resource: issuer.managementAudience,
    resource_name: 'Tallystick management API',
    resource_documentation: `${issuer.origin}/docs`,
    authorization_servers: [issuer.issuer],
    scopes_supported: scopes.map(({ value }) => value),
  }
}

function tokens({ takesCertificates }: ResourceMetadataSubject): Metadata {
  return {
    // RFC 6750 §2.1; a token in the query or in a body is refused.
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: proofAlgorithms,
    ...(takesCertificates && { tls_client_certificate_bound_access_tokens: true }),
  }
}
