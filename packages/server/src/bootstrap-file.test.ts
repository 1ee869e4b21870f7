import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acme } from '../test/storage-conformance/samples.ts'
import { type Bootstrap, writeBootstrap } from './bootstrap-file.ts'
import { issuerOf } from './domain/issuer.ts'
import { SecretText } from './keys/secret/secret-text.ts'

const bootstrap: Bootstrap = {
  tenant: 'default',
  management: { clientId: 'c', secret: new SecretText('the secret') },
  webtaskToken: new SecretText('the token'),
  starter: undefined,
}
const origin = 'http://localhost'
const issuer = issuerOf(acme, origin)

test('the credentials are their owner’s alone, whatever an earlier start has left beside them', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-bootstrap-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const leftover = join(dataDir, 'bootstrap.json.new')
  writeFileSync(leftover, 'half a')
  chmodSync(leftover, 0o666)
  writeBootstrap(dataDir, issuer, bootstrap)
  expect(readdirSync(dataDir)).toEqual(['bootstrap.json'])
  const path = join(dataDir, 'bootstrap.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    origin: issuer.origin,
    management: { client_secret: 'the secret' },
    webtask: { token: 'the token' },
  })
})
