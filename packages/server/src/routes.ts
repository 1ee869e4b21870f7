/** What the routes need, made from the rooms. */
import type { Logger } from 'pino'
import packageJson from '../package.json' with { type: 'json' }
import { createClientAuthentication } from './client-authentication.ts'
import type { Config } from './config.ts'
import { ManagementError } from './domain/errors.ts'
import type { Storage } from './domain/storage.ts'
import type { Tenant, TenantId } from './domain/tenant.ts'
import type { AppDeps } from './http/app.ts'
import type { Readiness } from './http/health.ts'
import type { RateLimit } from './http/rate-limit.ts'
import { createKeyDocuments } from './key-documents.ts'
import { createEndOfCredential } from './keys/certificate/credential-end.ts'
import { createApiSigningSecrets } from './keys/issued-token/api-signing-secret.ts'
import { createClientKeySets } from './keys/public-key/client-key-set.ts'
import { createDpopNonces } from './keys/public-key/dpop-nonce.ts'
import { createSecretText } from './keys/secret/client-secret.ts'
import { createLogStreamSecrets } from './keys/secret/log-stream-secrets.ts'
import {
  newActionBindingId,
  newClientCredentialId,
  newClientGrantId,
  newClientId,
  newClientSecretId,
  newLogStreamId,
  newResourceServerId,
  newTrustedIssuerId,
} from './keys/secret/random-id.ts'
import { SecretText } from './keys/secret/secret-text.ts'
import { deriveSubkey } from './keys/secret/subkey.ts'
import { createKeyRevocation } from './keys/signing-key/key-revocation.ts'
import { createKeyRotation } from './keys/signing-key/key-rotation.ts'
import { newLogEntryId } from './logs/log-entry-id.ts'
import { whyNotEndpoint } from './logs/stream-sender.ts'
import { destinationsBeside } from './outbound/destinations.ts'
import { newTenant, planTenant } from './plan-tenant.ts'
import { findTokenOf, presentedTokensOf, statusListsOf } from './presented-tokens.ts'
import type { Rooms } from './rooms.ts'
import { createCheckTrustRule } from './rules/run-trust-rule.ts'
import { takesCertificates } from './tls.ts'
import { createNoticeEnding } from './token/client-authentication/ending-notices.ts'
import { createNoteSecretUse } from './token/client-authentication/secret-uses.ts'
import { createOpaqueTokens } from './token/opaque-tokens.ts'
import { createIsRevoked } from './token/presented-token/is-revoked.ts'
import { createVerifyManagementToken } from './token/presented-token/management-token.ts'
import { createProvePossession } from './token/proof-of-possession/prove-possession.ts'
import { createExplainToken } from './token/trusted-issuer/explain-token.ts'
import { tokenEndpointOf } from './token-issuing.ts'
import { createWorkloadTrust } from './workload-trust.ts'

/** What changes while the server serves. */
export interface Serving {
  origin: string
  state: 'starting' | 'serving' | 'stopping'
}

export function routesOf(
  config: Config,
  rooms: Rooms,
  { log, now }: { log: Logger; now: () => Date },
  serving: Serving,
): AppDeps {
  const { storage, encryption, hashing, recorder, ring, tail, publishRule } = rooms
  const record = recorder.record
  const apiSecrets = createApiSigningSecrets(encryption)
  const keyDocuments = createKeyDocuments(config, rooms)
  const workloadTrust = createWorkloadTrust(rooms, keyDocuments.fetchDocument, now)
  const nonces = createDpopNonces(rooms.masterKey)
  const issueDpopNonce = (tenantId: TenantId) => nonces.issue(tenantId, now())
  const provePossession = createProvePossession({ nonces, spentProofs: storage.spentProofs, now })
  const opaqueTokens = createOpaqueTokens({ hashing, encryption })
  const clientKeySets = createClientKeySets({ fetchDocument: keyDocuments.fetchDocument, now })
  const authenticateClient = createClientAuthentication(rooms, workloadTrust, clientKeySets, now)
  const tokensInQuestion = { storage, ring, apiSecrets, opaqueTokens, now }
  const findToken = findTokenOf(tokensInQuestion)
  const isRevoked = createIsRevoked(storage)
  const noteSecretUse = createNoteSecretUse(storage.clientSecrets)
  const endOfCredential = createEndOfCredential()
  const noticeEnding = createNoticeEnding({ endOfCredential, newLogEntryId })
  return {
    log,
    now,
    newLogEntryId,
    tenants: storage.tenants,
    defaultTenant: () => defaultTenant(storage),
    defaultOrigin: () => serving.origin,
    trustedProxies: config.trustedProxies,
    clientCertificateHeader: config.clientCertificateHeader,
    version: packageJson.version,
    readiness: () => readiness(rooms, serving),
    tokenEndpoint: tokenEndpointOf(
      { ...rooms, apiSecrets, opaqueTokens, now },
      {
        authenticateClient,
        provePossession,
        issueDpopNonce,
        noteSecretUse,
        noticeEnding,
        rateLimit: rateOf(config.tokenRate),
        exchangeRecord: config.exchangeRecord,
      },
    ),
    presentedTokens: presentedTokensOf(
      { storage, ring, now, findToken, isRevoked },
      {
        authenticateClient,
        noteSecretUse,
        noticeEnding,
        record,
        keep: recorder.keep,
        rateLimit: rateOf(config.tokenRate),
      },
    ),
    statusLists: { publishStatusList: statusListsOf(tokensInQuestion) },
    discovery: {
      takesCertificates: takesCertificates(config),
      publicKeys: ring.publicKeys,
      tokenAlgorithms: ring.algorithms,
      resourceServers: storage.resourceServers,
    },
    management: {
      tenants: storage.tenants,
      async planTenant(named) {
        const tenant = newTenant(named, now())
        return { tenant, ...(await planTenant(rooms, tenant)) }
      },
      finishRemovals: () => rooms.tenantRemoval.finish(),
      clients: storage.clients,
      clientSecrets: storage.clientSecrets,
      clientCredentials: storage.clientCredentials,
      resourceServers: storage.resourceServers,
      clientGrants: storage.clientGrants,
      signingKeys: storage.signingKeys,
      ring,
      keyRotation: createKeyRotation({ store: storage.signingKeys, ring, now }),
      keyRevocation: createKeyRevocation({ store: storage.signingKeys, ring, now }),
      apiSecrets,
      createApiSecret: () => createSecretText('api'),
      rules: storage.rules,
      logEntries: storage.logEntries,
      logStreams: storage.logStreams,
      streamSecrets: createLogStreamSecrets(encryption),
      createStreamSecret: () => createSecretText('stream'),
      whyNotEndpoint: (url) => whyNotEndpoint(destinationsBeside(config.streamPrivate, rooms.listening), url),
      trustedIssuers: storage.trustedIssuers,
      checkTrustRule: createCheckTrustRule(rooms),
      explainToken: createExplainToken(workloadTrust),
      whyNotFetched: keyDocuments.whyNotFetched,
      takesCertificates: takesCertificates(config),
      endOfCredential,
      clientKeySets,
      issuerKeys: workloadTrust.issuerKeys,
      tokenCounts: storage.tokenCounts,
      idempotentAnswers: storage.idempotentAnswers,
      changes: storage.changes,
      encryption,
      rateLimit: rateOf(config.managementRate),
      tail,
      publishRule,
      publishDraft: rooms.publishDraft,
      tryDraft: rooms.tryDraft,
      record,
      now,
      verifyToken: createVerifyManagementToken(ring, now),
      provePossession,
      issueDpopNonce,
      spendProof: (proof) => recorder.keep([storage.spentProofs.insert(proof)]),
      isRevoked,
      findToken,
      revocations: storage.revocations,
      createClientSecret: () => createSecretText('client'),
      hashSecret: hashing.hash,
      newId: {
        client: newClientId,
        clientSecret: newClientSecretId,
        clientCredential: newClientCredentialId,
        resourceServer: newResourceServerId,
        clientGrant: newClientGrantId,
        logStream: newLogStreamId,
        trustedIssuer: newTrustedIssuerId,
        actionBinding: newActionBindingId,
      },
    },
    webtaskDoor: {
      tenants: storage.tenants,
      rules: storage.rules,
      webtaskTokens: storage.webtaskTokens,
      encryption,
      hashSecret: (text) => hashing.hash(new SecretText(text)),
      webtaskJwtKey: deriveSubkey(rooms.masterKey, 'webtask-jwt'),
      publishRule,
      record,
      tail,
      now,
    },
  }
}

/** After a pause a caller may make the requests of two seconds at once. */
function rateOf(perSecond: number): RateLimit {
  return { perSecond, burst: 2 * perSecond }
}

/** @throws ManagementError while a first start has not made the tenant yet. */
async function defaultTenant(storage: Storage): Promise<Tenant> {
  const tenant = await storage.tenants.findDefault()
  if (!tenant) throw new ManagementError('temporarily_unavailable', 'The server is starting; try again.')
  return tenant
}

async function readiness({ storage, sandbox }: Rooms, serving: Serving): Promise<Readiness> {
  if (serving.state !== 'serving') return { ready: false, cause: `The server is ${serving.state}.` }
  if (!sandbox.ready()) return { ready: false, cause: 'The rule runners are not up.' }
  return storage.health()
}
