/** A client of the domain as the management API shows it. */
import type { Client as ClientOnWire } from '@tallystick/management-api/contract/clients'
import type { Client } from '../../../domain/client.ts'
import type { Tenant } from '../../../domain/tenant.ts'
import type { Operator } from '../access/access.ts'
import { isCredentialMethod } from './client-authentication.ts'

/** What tools expect of a client that was created with only a name; kept members override these. */
const defaults = {
  is_first_party: true,
  is_token_endpoint_ip_header_trusted: false,
  oidc_conformant: false,
  sso_disabled: false,
  cross_origin_auth: false,
  cross_origin_authentication: false,
}

/** Which credentials are active is shown only to those who may read credentials. */
export function clientOnWire(
  tenant: Tenant,
  client: Client,
  operator: Pick<Operator, 'scopes'>,
): ClientOnWire {
  const method = client.tokenEndpointAuthMethod
  const usesCredentials = isCredentialMethod(method)
  // An earlier release kept it as it was sent, without enforcing it.
  const { compliance_level: _, ...keptMembers } = client.keptMembers
  return {
    ...defaults,
    // Before the others, so that a kept member cannot replace one that we know.
    ...keptMembers,
    tenant: tenant.name,
    global: false,
    client_id: client.id,
    name: client.name,
    description: client.description,
    client_metadata: { ...client.metadata },
    grant_types: [...client.grantTypes],
    token_endpoint_auth_method: usesCredentials ? null : method,
    ...(usesCredentials &&
      operator.scopes.has('read:client_credentials') && {
        client_authentication_methods: { [method]: keysOnWire(client) },
      }),
    ...(client.complianceLevel !== 'none' && { compliance_level: client.complianceLevel }),
    require_proof_of_possession: client.requiresProofOfPossession,
    enabled: client.enabled,
    ...(client.tokenLifetimeSeconds !== undefined && { token_lifetime: client.tokenLifetimeSeconds }),
  }
}

function keysOnWire({ jwksUri, activeCredentialIds }: Client) {
  return jwksUri === undefined
    ? { credentials: activeCredentialIds.map((id) => ({ id })) }
    : { jwks_uri: jwksUri }
}
