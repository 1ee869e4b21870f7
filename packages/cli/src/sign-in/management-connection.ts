/** The connection to the management API, signed in with the profile's client. */
import { type Connection, connect } from '@tallystick/management-api/connect'
import { Failure } from '../failure.ts'
import type { Profile } from '../profile.ts'
import type { ClientProof } from './client-credentials.ts'
import { type DpopKey, makeDpopProof, newDpopKey } from './dpop-proof.ts'
import { type Binding, requestToken, type SignInDeps, type TokenAnswer } from './request-token.ts'

/** @throws Failure when the profile holds nothing to sign in with. The token is requested at the first call. */
export function openConnection(deps: SignInDeps, profile: Profile): Connection {
  const { origin, issuer, managementAudience, credentials, needsBinding } = profile
  if (!credentials) throw nothingToSignInWith(origin)
  const binding = managementBinding(credentials.proof, needsBinding)
  const ask = { ...credentials, origin, issuer, audience: managementAudience, scopes: [], binding }
  let answer: Promise<TokenAnswer> | undefined
  return connect({
    url: origin,
    fetch: deps.fetch,
    getToken: async ({ fresh }) => {
      if (fresh || !answer) answer = requestToken(deps, ask)
      return accessTokenOf(await answer, binding.key)
    },
  })

  function accessTokenOf({ accessToken, tokenType }: TokenAnswer, key: DpopKey) {
    if (tokenType.toLowerCase() !== 'dpop') return accessToken
    const prove = ({ method, url, nonce }: { method: string; url: string; nonce: string | undefined }) => {
      const { pathname } = new URL(url)
      return makeDpopProof(key, {
        method,
        url: new URL(pathname, issuer).href,
        nonce,
        accessToken,
        now: deps.now(),
      })
    }
    return { token: accessToken, prove }
  }
}

/**
 * A sign-in with a key or a platform token gets a token that is bound to this program. With a secret it is bound only
 * where the server demands it, since DPoP needs a correct clock, and secrets worked without one before.
 */
export function managementBinding({ kind }: ClientProof, needsBinding: boolean): Binding {
  return { key: newDpopKey(), when: kind !== 'secret' || needsBinding ? 'always' : 'demanded' }
}

function nothingToSignInWith(origin: string): Failure {
  return new Failure('not_allowed', {
    what: `There are no credentials for ${origin}.`,
    why: 'Neither the environment nor ./data/bootstrap.json nor `tallystick login` has any for this server.',
    todo: 'Run it beside the data folder of the server, or run `tallystick login`; see `tallystick help profile`.',
  })
}
