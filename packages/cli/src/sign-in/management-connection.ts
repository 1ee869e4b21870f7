/** The connection to the management API, signed in with the profile's client. */
import { type Connection, connect } from '@tallystick/management-api/connect'
import { Failure } from '../failure.ts'
import type { Fetch } from '../http.ts'
import type { Profile } from '../profile.ts'
import { requestToken } from './request-token.ts'

/** @throws Failure when the profile holds nothing to sign in with. The token is asked for at the first call. */
export function openConnection(fetch: Fetch, profile: Profile): Connection {
  const { origin, managementAudience, credentials } = profile
  if (!credentials) throw nothingToSignInWith(origin)
  let token: Promise<string> | undefined
  const signIn = async () => {
    const ask = { origin, audience: managementAudience, scopes: [], ...credentials }
    return (await requestToken(fetch, ask)).accessToken
  }
  return connect({
    url: origin,
    fetch,
    getToken: ({ fresh }) => {
      if (fresh || !token) token = signIn()
      return token
    },
  })
}

function nothingToSignInWith(origin: string): Failure {
  return new Failure('not_allowed', {
    what: `There are no credentials for ${origin}.`,
    why: 'Neither the environment nor ./data/bootstrap.json nor `tallystick login` has any for this server.',
    todo: 'Run it beside the data folder of the server, or run `tallystick login`; see `tallystick help profile`.',
  })
}
