import { AuthClient } from '@auth0/auth0-auth-js'
import { audience, clientId, clientSecret, domain, refusalOf, tell } from './environment.ts'

const auth0 = new AuthClient({ domain, clientId, clientSecret })
const answer = await auth0.getTokenByClientCredentials({ audience })

const impostor = new AuthClient({ domain, clientId, clientSecret: 'wrong' })
const refusal = await refusalOf(
  () => impostor.getTokenByClientCredentials({ audience }),
  ['name', 'code', 'cause'],
)
tell({ token: answer.accessToken, expiresAt: answer.expiresAt, refusal })
