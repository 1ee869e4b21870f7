/**
 * The answer of introspection as a JWT (RFC 9701), for an API that has to show later what it was told, or is told
 * through a proxy that it does not trust. It is not an access token: its type says so, and the claims of the token
 * stand one level down.
 */
import { resourceServerOf } from '../../domain/client.ts'
import type { Issuer } from '../../domain/issuer.ts'
import { parseAudience, type ResourceServerStore } from '../../domain/resource-server.ts'
import { algorithmBeside } from '../../domain/security-demands.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { SigningKeyRing } from '../../keys/signing-key/signing-key-ring.ts'
import type { Introspection } from './introspect-token.ts'

export interface SignIntrospectionDeps {
  readonly resourceServers: Pick<ResourceServerStore, 'findByIdentifier'>
  readonly ring: Pick<SigningKeyRing, 'sign'>
  readonly now: () => Date
}

export type SignIntrospection = (
  place: { readonly tenant: Tenant; readonly issuer: Issuer },
  introspection: Introspection,
) => Promise<string>

export function createSignIntrospection({
  resourceServers,
  ring,
  now,
}: SignIntrospectionDeps): SignIntrospection {
  return async function signIntrospection({ tenant, issuer }, { asker, answer }) {
    const identifier = parseAudience(resourceServerOf(asker.client) ?? '')
    const api = identifier && (await resourceServers.findByIdentifier(tenant.id, identifier))
    return ring.sign(
      tenant.id,
      algorithmBeside(tenant, api?.signing),
      { typ: 'token-introspection+jwt' },
      // RFC 9701 §5: no `sub` and no `exp` beside these, lest somebody take it for an access token.
      {
        iss: issuer.issuer,
        aud: asker.client.id,
        iat: Math.floor(now().getTime() / 1000),
        token_introspection: answer,
      },
    )
  }
}
