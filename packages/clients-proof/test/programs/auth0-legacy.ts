import { AuthenticationClient } from 'auth0/legacy'
import { audience, clientId, clientSecret, domain, refusalOf, tell } from './environment.ts'

const auth0 = new AuthenticationClient({ domain, clientId, clientSecret })
const { data } = await auth0.oauth.clientCredentialsGrant({ audience })

const impostor = new AuthenticationClient({ domain, clientId, clientSecret: 'wrong' })
const refusal = await refusalOf(
  () => impostor.oauth.clientCredentialsGrant({ audience }),
  ['name', 'error', 'error_description', 'statusCode'],
)
tell({ token: data.access_token, expiresIn: data.expires_in, tokenType: data.token_type, refusal })
