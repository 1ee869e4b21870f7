import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acme } from '../../../../test/storage-conformance/samples.ts'
import { type KeyAlgorithm, keyAlgorithms, type ResourceServerId } from '../../../domain/resource-server.ts'
import { createApiSigningSecrets } from '../../../keys/issued-token/api-signing-secret.ts'
import { createEncryption } from '../../../keys/secret/encryption.ts'
import { SecretText } from '../../../keys/secret/secret-text.ts'
import { runtimeAlgorithms } from '../../../keys/signing-key/runtime-algorithms.ts'
import { createSigningKeyRing } from '../../../keys/signing-key/signing-key-ring.ts'
import { openStorage } from '../../../storage/storage.ts'
import { type SettledSigning, withSettledSigning } from './resource-server-signing.ts'

const now = () => new Date('2030-01-01T00:00:00Z')
const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-signing-'))
const storage = await openStorage({ dataDir, now })
const encryption = createEncryption(createSecretKey(randomBytes(32)))
const api = { tenantId: acme.id, id: '0123456789abcdef01234567' as ResourceServerId }

beforeAll(async () => {
  await storage.migrate()
  await storage.commit([storage.tenants.insert(acme)])
})
afterAll(async () => {
  await storage.close()
  rmSync(dataDir, { recursive: true })
})

function settle(
  algorithms: readonly KeyAlgorithm[],
  body: Parameters<typeof withSettledSigning>[2],
  stored?: SettledSigning['signing'],
): Promise<SettledSigning> {
  const deps = {
    signingKeys: storage.signingKeys,
    ring: createSigningKeyRing({
      store: storage.signingKeys,
      commit: storage.commit,
      encryption,
      algorithms,
      now,
    }),
    apiSecrets: createApiSigningSecrets(encryption),
    createApiSecret: () => new SecretText('made here'),
    keysInTurn: <Result>(_: unknown, run: () => Promise<Result>) => run(),
    now,
  }
  return withSettledSigning(deps, api, body, stored, async (settled) => settled)
}

const withoutMlDsa = keyAlgorithms.filter((algorithm) => algorithm !== 'ML-DSA-65')

test('an algorithm that the runtime lacks is refused in words, and no keys are made for it', async () => {
  await expect(settle(withoutMlDsa, { signing_alg: 'ML-DSA-65' })).rejects.toMatchObject({
    code: 'invalid_body',
    message: expect.stringMatching(/has no ML-DSA-65; it has RS256, .* and HS256' on property signing_alg/),
  })
})

test('an API that has such an algorithm already keeps it while its other settings change', async () => {
  const settled = await settle(keyAlgorithms, { signing_alg: 'ML-DSA-65' })
  expect(settled.writes).toHaveLength(2)
  await storage.commit([...settled.writes])
  const again = await settle(withoutMlDsa, {}, settled.signing)
  expect(again).toEqual({ signing: { algorithm: 'ML-DSA-65' }, writes: [], newSecret: undefined })
})

test('the runtime of these tests can sign with every algorithm', () => {
  expect(runtimeAlgorithms()).toEqual(keyAlgorithms)
})
