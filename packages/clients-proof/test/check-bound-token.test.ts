import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  base64url,
  createProofPair,
  hashOf,
  type Members,
  makeProof,
  type ProofPair,
} from '../../server/test/dpop-proofs.ts'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'
import { judge, samplesFolder } from './judged-tokens.ts'

const audience = 'https://invoices.example.com/'
const url = 'https://invoices.example.com/v1/invoices'
const sample = { command: process.execPath, args: ['judge-bound.js'], folder: join(samplesFolder, 'node') }
const pair = createProofPair()

let server: TestServer
let bound: string
let clientId: string
beforeAll(async () => {
  server = await startTestServer()
  bound = await tokenFor(pair)
  clientId = server.billing.id
})
afterAll(() => server.close())

/** A token that is bound to the key, or to none. */
async function tokenFor(holder: ProofPair | undefined): Promise<string> {
  const endpoint = `${server.bootstrap.origin}/oauth/token`
  const { id, secret } = server.billing
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: holder ? { dpop: makeProof(holder, { method: 'POST', uri: endpoint, now: new Date() }) } : {},
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      audience,
      scope: 'read',
    }),
  })
  const token: unknown = Object(await response.json()).access_token
  if (typeof token !== 'string') throw new Error(`No token: ${response.status}`)
  return token
}

interface Sent {
  readonly authorization: string
  readonly proofs: readonly string[]
  readonly method: string
  readonly url: string
}

function request(changes: Partial<Sent> = {}, claims: Members = {}, header: Members = {}, by = pair): Sent {
  const proof = makeProof(by, {
    method: 'GET',
    uri: url,
    now: new Date(),
    header,
    claims: { ath: hashOf(bound), ...claims },
  })
  return { authorization: `DPoP ${bound}`, proofs: [proof], method: 'GET', url, ...changes }
}

test('the sample takes a token from the holder of its key, once for each proof, and from nobody else', async () => {
  const seconds = Math.floor(Date.now() / 1000)
  const thief = createProofPair()
  const once = request()
  const plain = await tokenFor(undefined)
  const { d: secret } = pair.privateKey.export({ format: 'jwk' })
  const accepted = `200 ${clientId}`
  const noProof = '401 invalid_dpop_proof'
  const noToken = '401 invalid_token'
  const cases: [string, Sent, string][] = [
    ['a request of the holder', once, accepted],
    ['the same proof again', once, noProof],
    ['a query that the proof leaves out', request({ url: `${url}?page=2` }), accepted],
    ['a proof with a query', request({}, { htu: `${url}?page=2#x` }), accepted],
    [
      'a host in upper case, with its port',
      request({}, { htu: 'https://INVOICES.example.com:443/v1/invoices' }),
      accepted,
    ],
    ['no proof', request({ proofs: [] }), noProof],
    ['two proofs', request({ proofs: [...request().proofs, ...request().proofs] }), noProof],
    ['a proof that is none', request({ proofs: ['garbage'] }), noProof],
    ['another method', request({ method: 'DELETE' }), noProof],
    ['another path', request({ url: `${url}/7` }), noProof],
    ['another host', request({}, { htu: 'https://other.example.com/v1/invoices' }), noProof],
    ['a place that is no URL', request({}, { htu: 'invoices' }), noProof],
    ['a proof of another token', request({}, { ath: hashOf(plain) }), noProof],
    ['a proof of no token', request({}, { ath: undefined }), noProof],
    ['a proof without an id', request({}, { jti: undefined }), noProof],
    ['an id that is no text', request({}, { jti: 7 }), noProof],
    ['an old proof', request({}, { iat: seconds - 120 }), noProof],
    ['a proof from the future', request({}, { iat: seconds + 120 }), noProof],
    ['another type', request({}, {}, { typ: 'JWT' }), noProof],
    ['no algorithm', request({}, {}, { alg: 'none' }), noProof],
    ['a shared secret', request({}, {}, { alg: 'HS256' }), noProof],
    ['no key', request({}, {}, { jwk: undefined }), noProof],
    ['a private key', request({}, {}, { jwk: { ...pair.publicJwk, d: secret } }), noProof],
    ['the key of a thief', request({}, {}, {}, thief), noProof],
    [
      'the holder’s key, and the signature of a thief',
      request({}, {}, { jwk: pair.publicJwk }, thief),
      noProof,
    ],
    ['a bound token as a plain one', request({ authorization: `Bearer ${bound}` }), noToken],
    ['a plain token', request({ authorization: `DPoP ${plain}` }, { ath: hashOf(plain) }), noToken],
    ['no token', request({ authorization: '' }), noToken],
    [
      'a token that was changed',
      request({ authorization: `DPoP ${bound.replace(/[^.]+$/, base64url('x'))}` }),
      noToken,
    ],
  ]
  const at = { issuer: `${server.bootstrap.origin}/`, algorithm: 'ES256' } as const
  const answers = await judge(
    sample,
    at,
    cases.map(([, sent]) => JSON.stringify(sent)),
  )
  expect(cases.map(([name], index) => `${name}: ${answers[index]}`)).toEqual(
    cases.map(([name, , answer]) => `${name}: ${answer}`),
  )
})

test('the page shows the sample as it is run', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/resource-servers/node.md'), 'utf8')
  const shown = (await readFile(join(sample.folder, 'check-bound-token.js'), 'utf8')).trim()
  expect(page).toContain(shown)
})
