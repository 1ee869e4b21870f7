/**
 * What every storage promises, whatever database it keeps things in: one suite, run for each. The promises
 * themselves stand in `domain/`.
 */
import { afterEach, beforeEach, describe } from 'vitest'
import type { Storage } from '../src/domain/storage.ts'
import { registerClientCredentialTests } from './storage-conformance/client-credentials.ts'
import { registerClientSecretTests } from './storage-conformance/client-secrets.ts'
import { registerClientTests } from './storage-conformance/clients.ts'
import { type Current, present } from './storage-conformance/current.ts'
import { registerEndingTests } from './storage-conformance/endings.ts'
import { registerIdempotencyTests } from './storage-conformance/idempotency.ts'
import { registerIssuedTokenTests } from './storage-conformance/issued-tokens.ts'
import { registerLogSearchTests } from './storage-conformance/log-search.ts'
import { registerLogStreamTests } from './storage-conformance/log-streams.ts'
import { registerLogTests } from './storage-conformance/logs.ts'
import { registerResourceServerTests } from './storage-conformance/resource-servers.ts'
import { registerRuleTests } from './storage-conformance/rules.ts'
import { acme, globex } from './storage-conformance/samples.ts'
import { registerSigningKeyTests } from './storage-conformance/signing-keys.ts'
import { registerSpentProofTests } from './storage-conformance/spent-proofs.ts'
import { registerTenantTests } from './storage-conformance/tenants.ts'
import { registerTokenCountTests } from './storage-conformance/token-counts.ts'
import { registerTransactionTests } from './storage-conformance/transactions.ts'
import { registerTrustedIssuerTests } from './storage-conformance/trusted-issuers.ts'

/**
 * Each test gets a migrated storage that holds the tenants *acme* (the default) and *globex*.
 * `open` gives an empty storage whose clock reads `now`, and closes with everything it left behind.
 */
export type OpenStorage = (now: () => Date) => Promise<{ storage: Storage; close: () => Promise<void> }>

export function describeStorage(name: string, open: OpenStorage): void {
  describe(`storage on ${name}`, () => {
    let opened: Awaited<ReturnType<OpenStorage>>
    const current: Current = () => opened.storage

    beforeEach(async () => {
      opened = await open(() => present)
      await opened.storage.migrate()
      await opened.storage.commit([
        opened.storage.tenants.insert(acme),
        opened.storage.tenants.insert(globex),
      ])
    })
    afterEach(() => opened.close())

    registerTransactionTests(current)
    registerTenantTests(current)
    registerClientTests(current)
    registerClientSecretTests(current)
    registerClientCredentialTests(current)
    registerEndingTests(current)
    registerResourceServerTests(current)
    registerRuleTests(current)
    registerSigningKeyTests(current)
    registerLogTests(current)
    registerLogSearchTests(current)
    registerLogStreamTests(current)
    registerTokenCountTests(current)
    registerTrustedIssuerTests(current)
    registerIdempotencyTests(current)
    registerSpentProofTests(current)
    registerIssuedTokenTests(current)
  })
}
