import { createRemoteJWKSet, jwtVerify } from 'jose'
import { audience, domain, refusalOf, tell, variable } from './environment.ts'

const keys = createRemoteJWKSet(new URL(`https://${domain}/.well-known/jwks.json`))
const { payload, protectedHeader } = await jwtVerify(variable('ACCESS_TOKEN'), keys, {
  issuer: `https://${domain}/`,
  audience,
})
const refusal = await refusalOf(
  () => jwtVerify(variable('ACCESS_TOKEN'), keys, { audience: 'https://other.example.com/' }),
  ['code'],
)
tell({ payload, protectedHeader, refusal })
