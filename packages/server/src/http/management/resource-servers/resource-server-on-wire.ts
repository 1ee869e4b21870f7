/**
 * A resource server as the management API shows it. Its secret is shown only by the request that has just made it.
 */
import type { ResourceServer as ResourceServerOnWire } from '@tallystick/management-api/contract/resource-servers'
import type { Issuer } from '../../../domain/issuer.ts'
import type { ProofOfPossession, ResourceServer } from '../../../domain/resource-server.ts'
import { audienceOf } from './find-resource-server.ts'
import { tokenEncryptionOnWire } from './token-encryption-from-wire.ts'

const defaultLifetimeForWebSeconds = 7200

export function resourceServerOnWire(issuer: Issuer, resourceServer: ResourceServer): ResourceServerOnWire {
  const { enforcePolicies, keptMembers, proofOfPossession, tokenEncryption, tokenLifetimeSeconds } =
    resourceServer
  return {
    allow_offline_access: false,
    skip_consent_for_verifiable_first_party_clients: false,
    token_lifetime_for_web: Math.min(defaultLifetimeForWebSeconds, tokenLifetimeSeconds),
    // Before what we know, so that a kept member cannot replace one of ours.
    ...keptMembers,
    id: resourceServer.id,
    identifier: audienceOf(issuer, resourceServer),
    name: resourceServer.name,
    ...(resourceServer.isSystem && { is_system: true }),
    scopes: resourceServer.scopes.map(({ value, description }) => ({
      value,
      ...(description === '' ? {} : { description }),
    })),
    signing_alg: resourceServer.signing.algorithm,
    token_dialect: resourceServer.tokenDialect,
    ...(enforcePolicies !== undefined && { enforce_policies: enforcePolicies }),
    token_lifetime: tokenLifetimeSeconds,
    ...(tokenEncryption && { token_encryption: tokenEncryptionOnWire(tokenEncryption) }),
    rule_scopes: resourceServer.ruleScopes,
    ...(proofOfPossession && { proof_of_possession: proofOfPossessionOnWire(proofOfPossession) }),
    token_format: resourceServer.tokenFormat,
    token_status_list: resourceServer.hasTokenStatusList,
    subject_type_authorization: {
      user: { policy: 'allow_all' as const, ...userOf(keptMembers) },
      client: { policy: resourceServer.clientPolicy },
    },
  }
}

function proofOfPossessionOnWire({ mechanism, required, requiredFor }: ProofOfPossession) {
  return { mechanism, required, ...(requiredFor !== undefined && { required_for: requiredFor }) }
}

function userOf({ subject_type_authorization: kept }: ResourceServer['keptMembers']): object {
  return typeof kept === 'object' && kept !== null && 'user' in kept ? Object(kept.user) : {}
}
