import type {
  TokenExplanation,
  TrustedIssuer as TrustedIssuerOnWire,
} from '@tallystick/management-api/contract/trusted-issuers'
import type { TrustedIssuer } from '../../../domain/trusted-issuer.ts'
import type { ExplainedToken } from '../../../token/trusted-issuer/explain-token.ts'

export function trustedIssuerOnWire(trusted: TrustedIssuer): TrustedIssuerOnWire {
  const { keySource } = trusted
  return {
    id: trusted.id,
    name: trusted.name,
    issuer: trusted.issuer,
    ...(keySource.kind === 'jwks_uri' && { jwks_uri: keySource.uri }),
    ...(keySource.kind === 'jwks' && { jwks: { keys: keySource.keys.map((key) => ({ ...key })) } }),
    audiences: [...trusted.audiences],
    algorithms: [...trusted.algorithms],
    max_token_lifetime: trusted.maxTokenLifetimeSeconds,
    require_jti: trusted.requiresJti,
    token_reuse: trusted.tokenReuse,
    matches: trusted.matches.map(({ clientId, sub, claims }) => ({
      client_id: clientId,
      ...(sub !== undefined && { sub }),
      ...(Object.keys(claims).length > 0 && { claims: { ...claims } }),
    })),
    trust_rule: trusted.ruleSource ?? null,
    created_at: trusted.createdAt.toISOString(),
    updated_at: trusted.updatedAt.toISOString(),
  }
}

export function explanationOnWire({ clientId, trusted, steps }: ExplainedToken): TokenExplanation {
  return {
    client_id: clientId ?? null,
    trusted_issuer_id: trusted?.id ?? null,
    steps: steps.map(({ name, outcome, sentence }) => ({ step: name, outcome, detail: sentence })),
  }
}
