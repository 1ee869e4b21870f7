/** What is left in memory of proofs that failed: not what was presented, however much of it and from however many. */
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { globex, sampleClient, sampleCredential } from '../test/storage-conformance/samples.ts'
import { createClientAuthentication } from './client-authentication.ts'
import { OAuthError } from './domain/errors.ts'
import { issuerOf } from './domain/issuer.ts'
import { createClientKeySets } from './keys/public-key/client-key-set.ts'
import { createIssuerKeys } from './keys/public-key/issuer-keys.ts'
import { createSecretHashing } from './keys/secret/client-secret.ts'
import { destinationsBeside } from './outbound/destinations.ts'
import { createFetchDocument } from './outbound/fetch-document.ts'
import { openStorage } from './storage/storage.ts'
import { assertionType } from './token/client-authentication/client-assertion.ts'
import {
  type ClientCredentials,
  parseClientCredentials,
} from './token/client-authentication/client-credentials.ts'
import { parseForm } from './token/client-authentication/form-encoding.ts'
import { parseParameters } from './token/parameters.ts'

const now = () => new Date('2030-01-01T00:00:00Z')
const known = sampleClient({
  tenantId: globex.id,
  tokenEndpointAuthMethod: 'private_key_jwt',
  jwksUri: undefined,
})

async function openAuthentication() {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-memory-'))
  const storage = await openStorage({ dataDir, now })
  onTestFinished(async () => {
    await storage.close()
    rmSync(dataDir, { recursive: true })
  })
  await storage.migrate()
  const credential = sampleCredential({ tenantId: globex.id, clientId: known.id })
  await storage.commit([
    storage.tenants.insert(globex),
    storage.clients.insert(known),
    storage.clientCredentials.insert(credential),
  ])
  const fetchDocument = createFetchDocument(destinationsBeside([], []))
  const { clients, spentProofs, trustedIssuers } = storage
  const issuerKeys = createIssuerKeys({ fetchDocument, now })
  const runTrustRule = () => Promise.reject(new Error('Nobody is trusted.'))
  const trust = { clients, spentProofs, trustedIssuers, issuerKeys, runTrustRule, now }
  const hashing = createSecretHashing(createSecretKey(randomBytes(32)))
  return createClientAuthentication(
    { storage, hashing },
    trust,
    createClientKeySets({ fetchDocument, now }),
    now,
  )
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function assertionOf(sub: string, more: object): string {
  const claims = {
    iss: sub,
    sub,
    aud: 'https://globex.example.com/',
    exp: 1_893_456_060,
    jti: randomUUID(),
    ...more,
  }
  return `${encode({ alg: 'ES256', kid: randomUUID() })}.${encode(claims)}.${randomBytes(64).toString('base64url')}`
}

const ballast = 'x'.repeat(40_000)

/** Each a request that nobody has sent before, as long as one may be. */
const presented: (() => Record<string, string>)[] = [
  () => ({ client_id: randomUUID(), client_secret: randomUUID() + ballast }),
  () => ({ client_id: randomUUID() + ballast, client_secret: 'x' }),
  () => ({ client_assertion_type: assertionType, client_assertion: assertionOf(randomUUID(), { ballast }) }),
  () => ({
    client_assertion_type: assertionType,
    client_assertion: assertionOf(`urn:${randomUUID()}`, {}),
    ballast,
  }),
  () => ({ client_assertion_type: assertionType, client_assertion: assertionOf(known.id, {}), ballast }),
]

function credentialsIn(fields: Record<string, string>): ClientCredentials {
  const form = parseForm(new URLSearchParams(fields).toString())
  return parseClientCredentials(parseParameters(form ?? []), undefined)
}

test('a flood of proofs that fail, each of another client or assertion, leaves less than 10 MB', async () => {
  const authenticateClient = await openAuthentication()
  const issuer = issuerOf(globex, 'https://globex.example.com')
  let sent = 0
  const flood = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const fields of presented) {
        sent += 1
        // From another address each time, so that none is kept waiting.
        const ip = `10.${sent >> 16}.${(sent >> 8) & 255}.${sent & 255}`
        const incoming = { tenant: globex, issuer, ip, clientCertificate: undefined }
        const prove = async () => authenticateClient(incoming, credentialsIn(fields()))
        await expect(prove()).rejects.toThrow(OAuthError)
      }
    }
  }
  await flood(20)
  const before = liveBytes()
  await flood(400)
  expect(liveBytes() - before).toBeLessThan(10_000_000)
  // What was sent is eight times as much.
  expect(sent * ballast.length).toBeGreaterThan(80_000_000)
})

function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('The engine collects nothing when it is asked to.')
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
