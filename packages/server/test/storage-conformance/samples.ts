/** Objects to store, each complete; a test changes the member it is about. */
import type { Client, ClientSecret } from '../../src/domain/client.ts'
import type { PublicKeyCredential } from '../../src/domain/client-credential.ts'
import type { ClientGrant } from '../../src/domain/client-grant.ts'
import type { Identifier } from '../../src/domain/identifier.ts'
import type { ResourceServer } from '../../src/domain/resource-server.ts'
import type { ActionDraft, Rule, RuleVersion } from '../../src/domain/rule.ts'
import type { SigningKey } from '../../src/domain/signing-key.ts'
import { defaultTenantSecurity, parseTenantName, type Tenant } from '../../src/domain/tenant.ts'

/** Any text as any identifier: storage keeps them and does not judge them. */
export function idOf<Id extends Identifier<string>>(text: string): Id {
  return text as Id
}

export function secondsIn(seconds: number): Date {
  return new Date(Date.UTC(2030, 0, 1) + seconds * 1000)
}

export const acme: Tenant = {
  id: idOf('ten_acme'),
  name: parseTenantName('acme'),
  origin: undefined,
  profile: 'rfc',
  egressAllow: ['api.example.com', 'api.example.com:8443'],
  defaultAudience: idOf('https://api.example.com/'),
  security: {
    profile: 'fapi2',
    allowsTokenEndpointAudience: true,
    requiresDpopNonce: true,
    signingKeyRotationDays: 90,
  },
  flags: { enable_sso: true },
  keptMembers: { support_email: 'a@example.com', error_page: { html: '<p>ünïcode' } },
  createdAt: secondsIn(0),
}

export const globex: Tenant = {
  id: idOf('ten_globex'),
  name: parseTenantName('globex'),
  origin: 'https://Globex.example.com',
  profile: 'auth0',
  egressAllow: [],
  defaultAudience: undefined,
  security: defaultTenantSecurity,
  flags: {},
  keptMembers: {},
  createdAt: secondsIn(1),
}

export function sampleClient(changes: Partial<Client> = {}): Client {
  return {
    tenantId: acme.id,
    id: idOf('client_1'),
    name: 'billing “ünïcode”',
    description: '',
    metadata: { plan: 'gold', '': 'empty name' },
    grantTypes: ['client_credentials'],
    tokenEndpointAuthMethod: 'client_secret_post',
    activeCredentialIds: [],
    jwksUri: 'https://billing.example.com/jwks.json',
    requiresProofOfPossession: true,
    complianceLevel: 'fapi2_sp_pkj_dpop',
    tokenLifetimeSeconds: 600,
    enabled: true,
    keptMembers: { callbacks: ['https://example.com'], nested: { deep: [1, null, true] } },
    createdAt: secondsIn(0),
    updatedAt: secondsIn(0),
    ...changes,
  }
}

export function sampleSecret(changes: Partial<ClientSecret> = {}): ClientSecret {
  return {
    tenantId: acme.id,
    clientId: idOf('client_1'),
    id: idOf('sec_1'),
    name: 'blue “ünïcode”',
    hash: Uint8Array.from({ length: 32 }, (_, at) => at),
    expiresAt: secondsIn(60),
    createdAt: secondsIn(0),
    ...changes,
  }
}

export function sampleCredential(changes: Partial<PublicKeyCredential> = {}): PublicKeyCredential {
  return {
    type: 'public_key',
    tenantId: acme.id,
    clientId: idOf('client_1'),
    id: idOf('cred_1'),
    name: 'laptop',
    kid: 'kid_1',
    algorithm: 'ES256',
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    expiresAt: secondsIn(60),
    createdAt: secondsIn(0),
    updatedAt: secondsIn(0),
    ...changes,
  }
}

export function sampleResourceServer(changes: Partial<ResourceServer> = {}): ResourceServer {
  return {
    tenantId: acme.id,
    id: idOf('api_1'),
    identifier: idOf('https://api.example.com/'),
    name: 'Invoices',
    scopes: [
      { value: idOf('read'), description: 'Read them' },
      { value: idOf('write'), description: '' },
    ],
    tokenLifetimeSeconds: 86_400,
    signing: { algorithm: 'ES256' },
    tokenDialect: 'rfc9068_profile',
    enforcePolicies: undefined,
    clientPolicy: 'require_client_grant',
    ruleScopes: 'any',
    proofOfPossession: { mechanism: 'dpop', required: true, requiredFor: 'all_clients' },
    tokenFormat: 'opaque',
    hasTokenStatusList: true,
    tokenEncryption: undefined,
    isSystem: false,
    keptMembers: {},
    createdAt: secondsIn(0),
    updatedAt: secondsIn(0),
    ...changes,
  }
}

export function sampleGrant(changes: Partial<ClientGrant> = {}): ClientGrant {
  return {
    tenantId: acme.id,
    id: idOf('cgr_1'),
    clientId: idOf('client_1'),
    resourceServerId: idOf('api_1'),
    scopes: [idOf('read'), idOf('write')],
    allScopes: false,
    organizationUsage: undefined,
    allowAnyOrganization: undefined,
    createdAt: secondsIn(0),
    updatedAt: secondsIn(0),
    ...changes,
  }
}

export function sampleRule(changes: Partial<Rule> = {}): Rule {
  return {
    tenantId: acme.id,
    id: idOf('rul_1'),
    door: 'webtask',
    name: idOf('greet'),
    model: 'callback',
    order: 0,
    enabled: true,
    clientFilter: undefined,
    trigger: 'credentials-exchange',
    activeVersionId: idOf('ver_1'),
    binding: undefined,
    createdAt: secondsIn(0),
    updatedAt: secondsIn(0),
    ...changes,
  }
}

export function sampleVersion(changes: Partial<RuleVersion> = {}): RuleVersion {
  return {
    tenantId: acme.id,
    id: idOf('ver_1'),
    ruleId: idOf('rul_1'),
    number: 1,
    source: 'module.exports = function () {}\u2028// “ünïcode”',
    program: undefined,
    secrets: { KEY: idOf('e1.abc.def') },
    dependencies: [],
    packages: [],
    modules: undefined,
    action: undefined,
    webtask: {
      meta: { 'wt-compiler': 'x' },
      params: {},
      mergeBody: true,
      parseBody: undefined,
      host: 'a.example',
    },
    createdAt: secondsIn(0),
    ...changes,
  }
}

export function sampleDraft(changes: Partial<ActionDraft> = {}): ActionDraft {
  return {
    tenantId: acme.id,
    ruleId: idOf('rul_1'),
    source: 'exports.onExecuteCredentialsExchange = async () => {}',
    program: undefined,
    secrets: { KEY: idOf('e1.abc.def') },
    dependencies: [{ name: 'ms', version: '2.1.3' }],
    action: { runtime: 'node22', triggerVersion: 'v2', secretsChangedAt: { KEY: secondsIn(3) } },
    isDeployed: false,
    updatedAt: secondsIn(4),
    ...changes,
  }
}

export function sampleKey(changes: Partial<SigningKey> = {}): SigningKey {
  return {
    tenantId: acme.id,
    id: idOf('kid_1'),
    algorithm: 'ES256',
    state: 'current',
    publicJwk: { kty: 'EC', kid: 'kid_1', use: 'sig', alg: 'ES256', crv: 'P-256', x: 'x', y: 'y' },
    encryptedPrivateKey: idOf('e1.abc.def'),
    certificate: 'MIIB',
    createdAt: secondsIn(0),
    maySignFrom: secondsIn(0),
    currentSince: secondsIn(0),
    currentUntil: undefined,
    longestTokenSeconds: 0,
    revokedAt: undefined,
    ...changes,
  }
}
