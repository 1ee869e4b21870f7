/**
 * What it costs to prove a client: the functions that the token endpoint asks, in this process, on a database of their
 * own. CPU time of the whole process for each call, of many calls one after the other.
 */
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issuerOf } from '../packages/server/src/domain/issuer.ts'
import type { Storage } from '../packages/server/src/domain/storage.ts'
import { createAssertionSignatures } from '../packages/server/src/keys/public-key/assertion-signature.ts'
import { createDpopNonces } from '../packages/server/src/keys/public-key/dpop-nonce.ts'
import { createSecretHashing, createSecretText } from '../packages/server/src/keys/secret/client-secret.ts'
import type { SecretText } from '../packages/server/src/keys/secret/secret-text.ts'
import { openStorage } from '../packages/server/src/storage/storage.ts'
import { proveByAssertion } from '../packages/server/src/token/client-authentication/prove-by-assertion.ts'
import { proveBySecret } from '../packages/server/src/token/client-authentication/prove-by-secret.ts'
import { createVerifyAssertion } from '../packages/server/src/token/client-authentication/verify-assertion.ts'
import { createProvePossession } from '../packages/server/src/token/proof-of-possession/prove-possession.ts'
import { createKeyPair, signAssertion } from '../packages/server/test/assertion-client.ts'
import { createProofPair, makeProof, type ProofPair } from '../packages/server/test/dpop-proofs.ts'
import {
  acme,
  idOf,
  sampleClient,
  sampleCredential,
  sampleSecret,
} from '../packages/server/test/storage-conformance/samples.ts'

const rounds = 5
const secretCalls = 20_000
const signedCalls = 1000
/** Programs with a key for DPoP each. */
const programs = 100

/** CPU microseconds of one call; of several rounds each. */
export interface ClientProofFigures {
  readonly secret: readonly number[]
  readonly assertion: readonly number[]
  /** By a key that came before, as that of a program does from its second request on. */
  readonly dpopProof: readonly number[]
  /** By a key that was never seen. */
  readonly firstDpopProof: readonly number[]
}

export async function measureClientProofs(): Promise<ClientProofFigures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  const now = () => new Date()
  const storage = await openStorage({ dataDir, now })
  try {
    await storage.migrate()
    await storage.commit([storage.tenants.insert(acme)])
    return {
      secret: await measureSecret(storage, now),
      assertion: await measureAssertion(storage, now),
      ...(await measureDpopProofs(storage, now)),
    }
  } finally {
    await storage.close()
    rmSync(dataDir, { recursive: true })
  }
}

/** Of a client with two live secrets, by the newer one. */
async function measureSecret(storage: Storage, now: () => Date): Promise<number[]> {
  const hashing = createSecretHashing(createSecretKey(randomBytes(32)))
  const secrets: [SecretText, SecretText] = [createSecretText('client'), createSecretText('client')]
  const client = sampleClient({ id: idOf('by_secret') })
  await storage.commit([
    storage.clients.insert(client),
    ...secrets.map((secret, at) =>
      storage.clientSecrets.insert(
        sampleSecret({
          clientId: client.id,
          id: idOf(`sec_${at}`),
          hash: hashing.hash(secret),
          expiresAt: undefined,
        }),
      ),
    ),
  ])
  const deps = { clients: storage.clients, hashing, now }
  const attempt = { tenantId: acme.id, clientId: client.id }
  const calls = Array.from({ length: secretCalls }, () => () => proveBySecret(deps, attempt, secrets[1]))
  return measureRounds(async () => calls)
}

async function measureAssertion(storage: Storage, now: () => Date): Promise<number[]> {
  const pair = createKeyPair('ES256')
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' })
  const credential = sampleCredential({
    clientId: idOf('by_key'),
    publicJwk: { kty: 'EC', crv: 'P-256', x, y },
    expiresAt: undefined,
  })
  const client = sampleClient({
    id: idOf('by_key'),
    tokenEndpointAuthMethod: 'private_key_jwt',
    activeCredentialIds: [credential.id],
    jwksUri: undefined,
  })
  await storage.commit([storage.clients.insert(client), storage.clientCredentials.insert(credential)])
  const verifyAssertion = createVerifyAssertion({
    clientCredentials: storage.clientCredentials,
    clientKeySets: { keysOf: async () => ({ kind: 'unavailable', why: 'Nothing is fetched here.' }) },
    signatures: createAssertionSignatures(),
  })
  const deps = { clients: storage.clients, spentProofs: storage.spentProofs, verifyAssertion, now }
  const context = { tenant: acme, issuer: issuerOf(acme, 'http://localhost') }
  return measureRounds(async () => {
    const signer = { clientId: client.id, issuer: context.issuer.issuer }
    const jwts = await Promise.all(Array.from({ length: signedCalls }, () => signAssertion(pair, signer)))
    return jwts.map((jwt) => () => proveByAssertion(deps, context, client.id, jwt))
  })
}

async function measureDpopProofs(
  storage: Storage,
  now: () => Date,
): Promise<Pick<ClientProofFigures, 'dpopProof' | 'firstDpopProof'>> {
  const nonces = createDpopNonces(createSecretKey(randomBytes(32)))
  const provePossession = createProvePossession({
    nonces,
    spentProofs: storage.spentProofs,
    now,
  })
  const uri = 'http://localhost/oauth/token'
  const request = { method: 'POST', uri, accessToken: undefined }
  const measure = (keyOfCall: (call: number) => ProofPair) =>
    measureRounds(async () =>
      Array.from({ length: signedCalls }, (_, call) => {
        const claims = { nonce: nonces.issue(acme.id, now()) }
        const proof = makeProof(keyOfCall(call), { method: 'POST', uri, now: now(), claims })
        return () => provePossession(acme, [proof], request)
      }),
    )
  const pairs = Array.from({ length: programs }, () => createProofPair())
  return {
    firstDpopProof: await measure(() => createProofPair()),
    dpopProof: await measure((call) => pairs[call % programs] ?? createProofPair()),
  }
}

/** The first round, in which the runtime still compiles, does not count. */
async function measureRounds(prepare: () => Promise<readonly (() => Promise<unknown>)[]>): Promise<number[]> {
  const figures: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const calls = await prepare()
    const before = process.cpuUsage()
    for (const call of calls) await call()
    const { user, system } = process.cpuUsage(before)
    if (round > 0) figures.push((user + system) / calls.length)
  }
  return figures
}
