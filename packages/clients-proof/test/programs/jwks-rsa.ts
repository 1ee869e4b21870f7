import { createPublicKey, verify } from 'node:crypto'
import jwksClient from 'jwks-rsa'
import { domain, refusalOf, tell, variable } from './environment.ts'

const client = jwksClient({
  jwksUri: `https://${domain}/.well-known/jwks.json`,
  rateLimit: true,
  cache: true,
})
const [header = '', payload = '', signature = ''] = variable('ACCESS_TOKEN').split('.')
const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
const key = await client.getSigningKey(kid)
const verified = verify(
  'RSA-SHA256',
  Buffer.from(`${header}.${payload}`),
  createPublicKey(key.getPublicKey()),
  Buffer.from(signature, 'base64url'),
)
const refusal = await refusalOf(() => client.getSigningKey('unknown'), ['name'])
tell({ verified, alg: key.alg, refusal })
