/** Requests whose assertion or DPoP proof is wrong. */
import { generateKeyPairSync } from 'node:crypto'
import { type Case, form, grant } from './plain-cases.ts'
import type { TokenRequest } from './send.ts'
import type { Clients, Side } from './sides.ts'
import {
  assertion,
  assertionClaims,
  byKey,
  byText,
  compact,
  type Members,
  proof,
  seconds,
  unsigned,
} from './signing.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const newPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

export function signedCases(clients: Clients, side: Side): Case[] {
  return [...saidCases(clients, side), ...signatureCases(clients, side), ...proofCases(clients, side)]
}

const present = (client_assertion: string, fields: Readonly<Record<string, string>> = {}): TokenRequest => ({
  body: form(grant, { client_assertion_type: assertionType, client_assertion, ...fields }),
})

/** What an assertion says of itself. */
function saidCases(clients: Clients, side: Side): Case[] {
  const one = (name: string, claims: Members, header: Members = {}): Case => [
    name,
    [present(assertion(clients, side, claims, header))],
  ]
  const again = present(assertion(clients, side))
  const now = seconds()
  return [
    one('right, by assertion', {}),
    ['an assertion that was used before', [again, again]],
    one('an assertion for another server', { aud: 'https://other.example.com/' }),
    one('an assertion for this server and another', { aud: [side.issuer, 'https://other.example.com/'] }),
    one('an assertion for the URL of the token endpoint', { aud: side.tokenUrl }),
    one('an assertion without aud', { aud: undefined }),
    one('an assertion that expired five minutes ago', { iat: now - 360, exp: now - 300 }),
    one('an assertion without exp', { exp: undefined }),
    one('an assertion that is good for a day', { exp: now + 86_400 }),
    one('an assertion that is good for ever', { exp: 1e308 }),
    one('an assertion signed in two minutes', { iat: now + 120, exp: now + 180 }),
    one('an assertion not good for two minutes', { nbf: now + 120, exp: now + 180 }),
    one('an assertion without jti', { jti: undefined }),
    one('an assertion of another issuer', { iss: clients.post.id }),
    one('an assertion about another client', { sub: clients.post.id }),
    one('an assertion of a type that is none of these', {}, { typ: 'at+jwt' }),
    one('an assertion with an unknown crit', {}, { crit: ['x'], x: 1 }),
    one('an assertion with an unknown kid', {}, { kid: 'nobody' }),
    [
      'an assertion beside another client_id',
      [present(assertion(clients, side), { client_id: clients.post.id })],
    ],
    [
      'an assertion beside a secret',
      [present(assertion(clients, side), { client_id: clients.keyed.id, client_secret: 'x' })],
    ],
    [
      'an assertion of an unknown assertion type',
      [present(assertion(clients, side), { client_assertion_type: 'urn:example:type' })],
    ],
    ['an assertion type without an assertion', [present('')]],
  ]
}

/** What an assertion is signed with, and how it is written. */
function signatureCases(clients: Clients, side: Side): Case[] {
  const { keyed, post } = clients
  const claims = (changes: Members = {}) => assertionClaims(clients, side, changes)
  const ofPost = { iss: post.id, sub: post.id }
  const right = () => assertion(clients, side)
  const stranger = newPair()
  const es256 = { alg: 'ES256' }
  const twice = JSON.stringify(claims()).replace('{', `{"sub":"${post.id}",`)
  const cases: [name: string, jwt: string][] = [
    ['an assertion with alg none', compact({ alg: 'none' }, claims(), unsigned)],
    [
      'an assertion with HS256, keyed by the public key',
      compact({ alg: 'HS256' }, claims(), byText(JSON.stringify(keyed.publicJwk))),
    ],
    [
      'an assertion with HS256, keyed by the secret of a client made for the body',
      compact({ alg: 'HS256' }, claims(ofPost), byText(post.secret)),
    ],
    ['an assertion signed with another key', compact(es256, claims(), byKey(stranger.privateKey))],
    [
      'an assertion that brings its key along',
      compact(
        { ...es256, jwk: stranger.publicKey.export({ format: 'jwk' }) },
        claims(),
        byKey(stranger.privateKey),
      ),
    ],
    [
      'an assertion that says RS256 with a key for ES256',
      compact({ alg: 'RS256' }, claims(), byKey(keyed.privateKey)),
    ],
    ['an assertion in which sub stands twice', compact(es256, twice, byKey(keyed.privateKey))],
    ['an assertion whose payload is a list', compact(es256, '[]', byKey(keyed.privateKey))],
    ['an assertion whose header is null', compact('null', claims(), byKey(keyed.privateKey))],
    [
      'an assertion with its payload changed',
      right().replace(/\.[^.]+\./, `.${Buffer.from('{}').toString('base64url')}.`),
    ],
    ['an assertion with a dot behind', `${right()}.`],
    ['an assertion with padding', `${right()}=`],
    ['an assertion of five parts', `${right()}.x.y`],
    ['an assertion that is no JWT', 'x'],
  ]
  return cases.map(([name, jwt]) => [name, [present(jwt)]])
}

function proofCases({ basic }: Clients, side: Side): Case[] {
  const pair = newPair()
  const key = { privateKey: pair.privateKey, publicJwk: pair.publicKey.export({ format: 'jwk' }) }
  const authorization = `Basic ${Buffer.from(`${basic.id}:${basic.secret}`).toString('base64')}`
  const proven = (dpop: string | readonly string[]): TokenRequest => ({
    headers: { authorization, dpop },
    body: form(grant),
  })
  const one = (name: string, claims: Members, header: Members = {}): Case => [
    name,
    [proven(proof(key, side, claims, header))],
  ]
  const again = proven(proof(key, side))
  return [
    one('right, with a DPoP proof', {}),
    ['a proof that was used before', [again, again]],
    ['two proofs', [proven([proof(key, side), proof(key, side)])]],
    ['a proof that is no JWT', [proven('x')]],
    one('a proof without typ', {}, { typ: undefined }),
    one('a proof of another typ', {}, { typ: 'JWT' }),
    ['a proof with alg none', [proven(proof(key, side, {}, { alg: 'none' }, unsigned))]],
    ['a proof with HS256', [proven(proof(key, side, {}, { alg: 'HS256' }, byText('x')))]],
    one('a proof without its key', {}, { jwk: undefined }),
    one('a proof with a private key', {}, { jwk: pair.privateKey.export({ format: 'jwk' }) }),
    ['a proof signed with another key', [proven(proof(key, side, {}, {}, byKey(newPair().privateKey)))]],
    one('a proof without jti', { jti: undefined }),
    one('a proof without htm', { htm: undefined }),
    one('a proof without htu', { htu: undefined }),
    one('a proof without iat', { iat: undefined }),
    one('a proof for GET', { htm: 'GET' }),
    one('a proof for another host', { htu: 'https://other.example.com/oauth/token' }),
    one('a proof of an hour ago', { iat: seconds() - 3600 }),
    one('a proof of in an hour', { iat: seconds() + 3600 }),
    one('a proof whose htu has a query and a fragment, which do not count', {
      htu: `${side.tokenUrl}?x=1#y`,
    }),
  ]
}
