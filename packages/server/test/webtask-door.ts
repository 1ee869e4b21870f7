/**
 * The webtask door alone, over a real database and a real tail, for two tenants: no rule runs and nothing is uploaded.
 * What needs the sandbox is tested through a whole server.
 */
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { issuerOf } from '../src/domain/issuer.ts'
import type { LogEntryId } from '../src/domain/log-entry.ts'
import type { RuleId, RuleName, RuleVersionId } from '../src/domain/rule.ts'
import { defaultTenantSecurity, parseTenantName, type Tenant, type TenantId } from '../src/domain/tenant.ts'
import { sendError } from '../src/http/respond.ts'
import { registerWebtaskDoor } from '../src/http/webtask/webtask-door.ts'
import { createSecretHashing, createSecretText } from '../src/keys/secret/client-secret.ts'
import { createEncryption } from '../src/keys/secret/encryption.ts'
import { newSecretId } from '../src/keys/secret/random-id.ts'
import { revealSecret, SecretText } from '../src/keys/secret/secret-text.ts'
import { newLogEntryId } from '../src/logs/log-entry-id.ts'
import { createRecorder } from '../src/logs/recorder.ts'
import { type ConsoleEvent, createTail } from '../src/logs/tail.ts'
import { ruleSecretIdentity } from '../src/rules/rule-secrets.ts'
import { openStorage } from '../src/storage/storage.ts'
import { layEmptyDatabase } from './empty-database.ts'

export type TestDoor = Awaited<ReturnType<typeof openTestDoor>>

/** Tenant `a` is the default one; `b` has a host of its own, `b.example.com`. */
export async function openTestDoor({
  maxQueued = 1000,
  heartbeatMs = 15_000,
}: {
  maxQueued?: number
  heartbeatMs?: number
} = {}) {
  const now = () => new Date()
  const dataDir = mkdtempSync(join(tmpdir(), 'tallystick-door-'))
  await layEmptyDatabase(dataDir)
  const storage = await openStorage({ dataDir, now })
  await storage.migrate()
  const masterKey = createSecretKey(randomBytes(32))
  const encryption = createEncryption(masterKey)
  const hashing = createSecretHashing(masterKey)
  const tail = createTail({ maxQueued })
  const recorder = createRecorder({ storage, tail })

  const makeTenant = async (name: string, origin: string | undefined): Promise<Tenant> => {
    const id = `ten_${name.repeat(16)}` as TenantId
    const tenant = {
      id,
      name: parseTenantName(name),
      origin,
      profile: 'rfc',
      egressAllow: [],
      defaultAudience: undefined,
      security: defaultTenantSecurity,
      flags: {},
      keptMembers: {},
      createdAt: now(),
    } as const
    await storage.commit([storage.tenants.insert(tenant)])
    return tenant
  }
  const makeToken = async ({ id }: Tenant): Promise<string> => {
    const token = createSecretText('webtask')
    const row = { tenantId: id, id: newSecretId(), hash: hashing.hash(token), createdAt: now() }
    await storage.commit([storage.webtaskTokens.insert(row)])
    return revealSecret(token)
  }
  const a = await makeTenant('a', undefined)
  const b = await makeTenant('b', 'http://b.example.com')

  const app = fastify({ genReqId: newLogEntryId })
  for (const member of ['receivedAt', 'tenant', 'issuer']) app.decorateRequest(member)
  app.addHook('onRequest', async (request) => {
    request.receivedAt = now()
    request.tenant = (await storage.tenants.findByHost(request.host)) ?? a
    request.issuer = issuerOf(request.tenant, 'http://localhost:8420')
  })
  app.setErrorHandler(sendError)
  registerWebtaskDoor(app, {
    tenants: storage.tenants,
    rules: storage.rules,
    webtaskTokens: storage.webtaskTokens,
    encryption,
    hashSecret: (text) => hashing.hash(new SecretText(text)),
    webtaskJwtKey: randomBytes(32),
    publishRule: async () => {
      throw new Error('Nothing is uploaded through this door.')
    },
    record: recorder.record,
    tail,
    heartbeatMs,
    now,
  })

  return {
    app,
    storage,
    tail,
    a: { tenant: a, token: await makeToken(a) },
    b: { tenant: b, token: await makeToken(b) },
    makeToken,
    /** A stored rule with one secret, as an upload would have left it. */
    async storeRule({ id: tenantId }: Tenant, text: string): Promise<void> {
      const ruleId = `rul_${tenantId}_${text}` as RuleId
      const versionId = `ver_${tenantId}_${text}` as RuleVersionId
      const at = now()
      const secret = encryption.encrypt('shhhh', ruleSecretIdentity(tenantId, versionId, 'KEY'))
      await storage.commit([
        storage.rules.insert({
          tenantId,
          id: ruleId,
          door: 'webtask',
          name: text as RuleName,
          model: 'callback',
          order: 0,
          enabled: true,
          clientFilter: undefined,
          trigger: 'credentials-exchange',
          activeVersionId: versionId,
          binding: undefined,
          createdAt: at,
          updatedAt: at,
        }),
        storage.rules.insertVersion({
          tenantId,
          id: versionId,
          ruleId,
          number: 1,
          source: `// ${text}`,
          program: undefined,
          secrets: { KEY: secret },
          dependencies: [],
          packages: [],
          modules: undefined,
          webtask: undefined,
          action: undefined,
          createdAt: at,
        }),
      ])
    },
    print({ id }: Tenant, text: string, level: ConsoleEvent['level'] = 'info'): void {
      tail.publish(id, {
        kind: 'console',
        at: now(),
        level,
        text,
        ruleId: 'rul_1' as RuleId,
        ruleName: 'myrule' as RuleName,
        versionNumber: 3,
        requestId: newLogEntryId() as LogEntryId,
        clientId: 'client' as ConsoleEvent['clientId'],
      })
    },
    async close(): Promise<void> {
      const closed = app.close()
      // The fetch of these tests opens connections in advance, on which no request ever comes.
      app.server.closeAllConnections()
      await closed
      await recorder.drain()
      await storage.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
