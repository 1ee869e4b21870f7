/** Whether a client could meet its level of compliance, as far as that can be told in advance. */
import type { Client } from '../../../domain/client.ts'
import type { ClientCredential } from '../../../domain/client-credential.ts'
import {
  demandsOfLevel,
  fapiAlgorithmsInWords,
  isFapiAlgorithm,
  type SecurityDemands,
} from '../../../domain/security-demands.ts'
import { invalidBody } from '../operation/invalid-body.ts'

/**
 * `credentials` are all that the client has. For keys that it publishes itself only a token request can tell.
 * @throws ManagementError `invalid_body` when it would never get a token again.
 */
export function refuseUnmetLevel(client: Client, credentials: readonly ClientCredential[]): void {
  const demands = demandsOfLevel(client.complianceLevel)
  if (!demands) return
  refuseOtherMethods(client, demands)
  if (client.tokenEndpointAuthMethod !== 'private_key_jwt' || client.jwksUri !== undefined) return
  const active = credentials
    .filter((credential) => credential.type === 'public_key')
    .filter(({ id }) => client.activeCredentialIds.includes(id))
  if (active.some(({ algorithm }) => isFapiAlgorithm(algorithm))) return
  const algorithms = [...new Set(active.map(({ algorithm }) => algorithm))].sort().join(', ')
  throw unmet(
    demands,
    `one of its keys must be registered for ${fapiAlgorithmsInWords}; those in use are for ${algorithms}`,
  )
}

function refuseOtherMethods({ tokenEndpointAuthMethod: method }: Client, demands: SecurityDemands): void {
  if (demands.authMethods.includes(method)) return
  throw unmet(
    demands,
    `the client must authenticate with ${demands.authMethods.join(' or ')}, and its method is ${method}`,
  )
}

function unmet({ name }: SecurityDemands, what: string) {
  return invalidBody('compliance_level', `For ${name} ${what}`)
}
