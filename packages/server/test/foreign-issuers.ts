/**
 * Token services of others, on loopback: each publishes a discovery document and its keys under a path of its own, signs
 * what it is told to, and can turn to another key. Tokens are put together by hand, so that also those can be made that
 * no library would make.
 */
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nextRsaPair } from './rsa-pairs.ts'

export type ForeignAlgorithm = 'RS256' | 'ES256' | 'ES384' | 'PS512' | 'EdDSA'

export interface ForeignKey {
  readonly kid: string
  readonly algorithm: ForeignAlgorithm
  readonly privateKey: KeyObject
  readonly jwk: JsonWebKey & { readonly kid: string }
}

export function createForeignKey(algorithm: ForeignAlgorithm, kid: string = randomUUID()): ForeignKey {
  const { privateKey, publicKey } = pairOf(algorithm)
  return { kid, algorithm, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

function pairOf(algorithm: ForeignAlgorithm) {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'ES384') return generateKeyPairSync('ec', { namedCurve: 'P-384' })
  return nextRsaPair()
}

export type Json = Readonly<Record<string, unknown>>

/** A claim or header that is undefined is left out. */
export function signForeign(key: ForeignKey, claims: Json, header: Json = {}): string {
  return signText(key, JSON.stringify(claims), header)
}

/** The payload as it stands, be it JSON or not. */
export function signText(key: ForeignKey, payload: string, header: Json = {}): string {
  const protectedHeader = JSON.stringify({ alg: key.algorithm, kid: key.kid, typ: 'JWT', ...header })
  const input = [protectedHeader, payload].map((part) => Buffer.from(part).toString('base64url')).join('.')
  return `${input}.${signatureOf(key, input).toString('base64url')}`
}

function signatureOf({ algorithm, privateKey: key }: ForeignKey, input: string): Buffer {
  const bytes = Buffer.from(input)
  if (algorithm === 'EdDSA') return sign(null, bytes, key)
  const hash = `sha${algorithm.slice(2)}`
  if (algorithm === 'PS512') return sign(hash, bytes, { key, padding: 6, saltLength: 64 })
  return sign(hash, bytes, algorithm.startsWith('E') ? { key, dsaEncoding: 'ieee-p1363' } : key)
}

type Answer = (response: ServerResponse) => void

export interface ForeignIssuer {
  readonly issuer: string
  readonly jwksUri: string
  /** That signs now. */
  key(): ForeignKey
  /** Another key signs from now on; the old one is not published any more. */
  rotate(): void
  /** What its documents are answered with instead, until it is undone. */
  answerWith(answer: Answer | undefined): void
  /** Members of its discovery document. */
  readonly discovery: Record<string, unknown>
  /** How often its key set was fetched. */
  fetches(): number
}

export interface ForeignIssuers {
  readonly port: number
  create(name: string, algorithm?: ForeignAlgorithm, jwkMembers?: Json): ForeignIssuer
  close(): void
}

export async function startForeignIssuers(): Promise<ForeignIssuers> {
  const answers = new Map<string, Answer>()
  const server = createServer(({ url = '' }, response) => {
    const answer = answers.get(url)
    if (answer) answer(response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    port,
    create(name, algorithm = 'RS256', jwkMembers = {}) {
      const issuer = `http://127.0.0.1:${port}/${name}`
      const jwksUri = `${issuer}/keys`
      const discovery: Record<string, unknown> = { issuer, jwks_uri: jwksUri }
      let key = createForeignKey(algorithm)
      let instead: Answer | undefined
      let fetches = 0
      const publish = (document: () => unknown): Answer => {
        return (response) => {
          if (instead) return instead(response)
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document()))
        }
      }
      const keys = publish(() => ({ keys: [{ use: 'sig', ...key.jwk, ...jwkMembers }] }))
      answers.set(
        `/${name}/.well-known/openid-configuration`,
        publish(() => discovery),
      )
      answers.set(`/${name}/keys`, (response) => {
        fetches += 1
        keys(response)
      })
      return {
        issuer,
        jwksUri,
        discovery,
        key: () => key,
        rotate: () => {
          key = createForeignKey(algorithm)
        },
        answerWith: (answer) => {
          instead = answer
        },
        fetches: () => fetches,
      }
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
