/**
 * What the samples for resource servers have to tell apart: real tokens of a started server, and tokens that are wrong in
 * one thing each, put together by hand.
 */
import { spawn } from 'node:child_process'
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { JSONWebKeySet } from 'jose'
import { startTwoTenants, type TwoTenants } from '../../server/test/two-tenants.ts'

export const samplesFolder = join(import.meta.dirname, '../samples')

export interface Judge {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
}

export interface Case {
  readonly name: string
  readonly authorization: string
  /** What a sample's program prints. */
  readonly answer: string
}

const audience = 'https://invoices.example.com/'
const invalid = '401 invalid_token'
const judgeTimeoutMs = 240_000
export type SampleAlgorithm = 'RS256' | 'ES256'

/** The lines that the judge printed for these Authorization headers. @throws Error with what it wrote when it fails. */
export async function judge(
  { command, args, folder }: Judge,
  { issuer, algorithm }: { issuer: string; algorithm: SampleAlgorithm },
  headers: readonly string[],
): Promise<string[]> {
  const child = spawn(command, [...args, issuer, audience, algorithm, 'read'], {
    cwd: folder,
    timeout: judgeTimeoutMs,
  })
  child.stdin.end(headers.map((header) => `${header}\n`).join(''))
  const [printed, faults, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}: ${faults}`)
  return printed.trimEnd().split('\n')
}

export async function openJudgedTokens(): Promise<{
  world: TwoTenants
  casesOf: (algorithm: SampleAlgorithm) => Promise<Case[]>
}> {
  const world = await startTwoTenants()
  return { world, casesOf: (algorithm) => casesOf(world, algorithm) }
}

async function casesOf(world: TwoTenants, algorithm: SampleAlgorithm): Promise<Case[]> {
  const { clientId, token } = await issuedToken(world, algorithm)
  const bearer = (name: string, wrong: string): Case => ({
    name,
    authorization: `Bearer ${wrong}`,
    answer: invalid,
  })
  const accepted = `200 ${clientId}`
  const [head = '', payload = '', signature = ''] = token.split('.')
  const header: Record<string, unknown> = parse(head)
  const claims: Record<string, unknown> = parse(payload)
  const now = Math.floor(Date.now() / 1000)
  const changed = async (changes: object) => signAs(world, algorithm, { ...claims, ...changes })
  return [
    { name: 'as it was issued', authorization: `Bearer ${token}`, answer: accepted },
    { name: 'with the scheme in lower case', authorization: `bearer ${token}`, answer: accepted },
    {
      name: 'one of several audiences',
      authorization: `Bearer ${await changed({ aud: ['urn:other', audience] })}`,
      answer: accepted,
    },
    {
      name: 'five seconds beyond its end, for clocks that differ',
      authorization: `Bearer ${await changed({ exp: now - 5 })}`,
      answer: accepted,
    },
    {
      name: 'without the scope',
      authorization: `Bearer ${await changed({ scope: 'reading write' })}`,
      answer: '403 insufficient_scope',
    },
    {
      name: 'without any scope',
      authorization: `Bearer ${await changed({ scope: undefined })}`,
      answer: '403 insufficient_scope',
    },
    { name: 'nothing', authorization: '', answer: invalid },
    { name: 'another scheme', authorization: `Basic ${token}`, answer: invalid },
    { name: 'a DPoP token without a proof', authorization: `DPoP ${token}`, answer: invalid },
    { name: 'two tokens', authorization: `Bearer ${token} ${token}`, answer: invalid },
    { name: 'a token before the scheme', authorization: `x Bearer ${token}`, answer: invalid },
    bearer('of another issuer', await changed({ iss: 'https://issuer.example.com/' })),
    bearer('for another audience', await changed({ aud: `${audience}other` })),
    bearer('without an audience', await changed({ aud: undefined })),
    bearer('that has expired', await changed({ exp: now - 60 })),
    bearer('without an end', await changed({ exp: undefined })),
    bearer('with an end that is no number', await changed({ exp: 'tomorrow' })),
    bearer('whose time has not come', await changed({ nbf: now + 60 })),
    bearer('without a client', await changed({ client_id: undefined })),
    bearer('that is bound to a key', await changed({ cnf: { jkt: 'x'.repeat(43) } })),
    bearer('of the other form', await signAs(world, algorithm, claims, 'JWT')),
    bearer('of another algorithm of this issuer', await signAs(world, other(algorithm), claims)),
    bearer('of another tenant', await signAs(world, algorithm, claims, 'at+jwt', 'theirs')),
    bearer('whose claims were changed', `${head}.${encode({ ...claims, scope: 'read write' })}.${signature}`),
    bearer('whose signature was cut', `${head}.${payload}.${signature.slice(0, -4)}`),
    bearer('without a signature', `${encode({ ...header, alg: 'none' })}.${payload}.`),
    bearer('signed with a public key as secret', await signedWithPublicKey(world, header, payload)),
    bearer('signed with a key of its own', signedWithOwnKey(algorithm, header, payload)),
    bearer('that names an unknown key', signedWithOwnKey(algorithm, { ...header, kid: 'x' }, payload)),
    bearer('that names no key', signedWithOwnKey(algorithm, { ...header, kid: undefined }, payload)),
    bearer('that is none', 'not-a-token'),
    bearer('of empty parts', '..'),
    bearer('that is not encoded', 'a.b.c'),
    bearer('whose parts are no objects', `${encode([])}.${encode(null)}.${signature}`),
    bearer('of 8 kB of garbage', 'x'.repeat(8000)),
  ]
}

async function issuedToken({ mine }: TwoTenants, signing_alg: SampleAlgorithm) {
  const { clients, clientGrants, resourceServers } = mine.connection
  const shown = await resourceServers.get(audience).catch(() => undefined)
  if (shown) await resourceServers.update(audience, { signing_alg })
  else
    await resourceServers.create({
      identifier: audience,
      signing_alg,
      scopes: [{ value: 'read' }, { value: 'write' }],
    })
  const { client_id: clientId, client_secret } = await clients.create({ name: 'machine' })
  await clientGrants.create({ client_id: clientId, audience, scope: ['read'] })
  const body = { grant_type: 'client_credentials', client_id: clientId, client_secret, audience }
  const answer = await mine.fetch('/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const token: unknown = Object(await answer.json()).access_token
  if (typeof token !== 'string') throw new Error(`No token: ${answer.status}`)
  return { clientId, token }
}

function signAs(
  world: TwoTenants,
  algorithm: SampleAlgorithm,
  claims: Record<string, unknown>,
  typ: 'at+jwt' | 'JWT' = 'at+jwt',
  tenant: 'mine' | 'theirs' = 'mine',
): Promise<string> {
  return world.rooms.ring.sign(world[tenant].tenant.id, algorithm, { typ }, claims)
}

function signedWithOwnKey(algorithm: SampleAlgorithm, header: object, payload: string): string {
  const input = `${encode(header)}.${payload}`
  const { privateKey } = ownPair(algorithm)
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

function ownPair(algorithm: SampleAlgorithm): { privateKey: KeyObject } {
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 })
}

async function signedWithPublicKey({ mine }: TwoTenants, header: Record<string, unknown>, payload: string) {
  const { keys }: JSONWebKeySet = Object(await (await mine.fetch('/.well-known/jwks.json')).json())
  const jwk = keys.find(({ kid }) => kid === header.kid)
  const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ format: 'pem', type: 'spki' })
  const input = `${encode({ ...header, alg: 'HS256' })}.${payload}`
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
}

function other(algorithm: SampleAlgorithm): SampleAlgorithm {
  return algorithm === 'ES256' ? 'RS256' : 'ES256'
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function parse(part: string): Record<string, unknown> {
  return Object(JSON.parse(Buffer.from(part, 'base64url').toString()))
}
