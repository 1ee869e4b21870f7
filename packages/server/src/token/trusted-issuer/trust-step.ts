/** One step on the way from a token of another issuer to a client, and what that way begins with. */
import type { OAuthError } from '../../domain/errors.ts'
import type { Issuer } from '../../domain/issuer.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { TrustedIssuer } from '../../domain/trusted-issuer.ts'

export type TrustStepName =
  | 'token'
  | 'issuer'
  | 'audience'
  | 'times'
  | 'jti'
  | 'signature'
  | 'reuse'
  | 'match'
  | 'rule'
  | 'client'

export interface TrustStep {
  readonly name: TrustStepName
  /** `noted`: it did not lead to a client, and another step may. */
  readonly outcome: 'passed' | 'failed' | 'noted'
  /** For the operator. */
  readonly sentence: string
  /** What the token endpoint answers, where that differs from the usual answer to an unproven client. */
  readonly error?: OAuthError
}

export interface PresentedToken {
  readonly tenant: Tenant
  readonly issuer: Issuer
  readonly trusted: TrustedIssuer
  readonly jwt: string
  /** The client that the request names; undefined where it leaves that to the token. */
  readonly clientId: string | undefined
  /** A rule gives nobody tokens of the management API, neither here nor in the pipeline. */
  readonly isForManagement: boolean
}

export function passed(name: TrustStepName, sentence: string): TrustStep {
  return { name, outcome: 'passed', sentence }
}

export function judged(name: TrustStepName, fault: string | undefined, sentence: string): TrustStep {
  return fault === undefined ? passed(name, sentence) : { name, outcome: 'failed', sentence: fault }
}

export function* failing(
  name: TrustStepName,
  sentence: string,
  error?: OAuthError,
): Generator<TrustStep, undefined> {
  yield { name, outcome: 'failed', sentence, ...(error && { error }) }
  return undefined
}
