/** The rules that came in by this door, each with its active version, and how the client sees them. */

import type { Issuer } from '../../domain/issuer.ts'
import type { Rule, RuleName, RuleStore, RuleVersion } from '../../domain/rule.ts'
import type { Tenant, TenantId } from '../../domain/tenant.ts'
import type { Encryption } from '../../keys/secret/encryption.ts'
import { ruleSecretIdentity } from '../../rules/rule-secrets.ts'
import { hookSecretKey, type Meta, metaOf } from './webtask-meta.ts'
import { signWebtaskToken, tokenClaims } from './webtask-token.ts'

export interface Webtask {
  readonly rule: Rule
  readonly version: RuleVersion
}

type StoredRules = Pick<RuleStore, 'findByName' | 'list' | 'findVersion'>

export async function findWebtask(
  rules: StoredRules,
  tenantId: TenantId,
  name: RuleName,
): Promise<Webtask | undefined> {
  const rule = await rules.findByName(tenantId, 'webtask', name)
  return rule && withVersion(rules, rule)
}

/** In pipeline order, enabled or not. */
export async function listWebtasks(rules: StoredRules, tenantId: TenantId): Promise<Webtask[]> {
  const webtasks: Webtask[] = []
  for (const rule of await rules.list(tenantId)) {
    const webtask = rule.door === 'webtask' ? await withVersion(rules, rule) : undefined
    if (webtask) webtasks.push(webtask)
  }
  return webtasks
}

async function withVersion(rules: StoredRules, rule: Rule): Promise<Webtask | undefined> {
  const { tenantId, activeVersionId } = rule
  const version = activeVersionId && (await rules.findVersion(tenantId, activeVersionId))
  return version && { rule, version }
}

/** Where a webtask would have run. Printed by the client; a rule answers nothing there. */
export function webtaskUrl(issuer: Issuer, tenant: Tenant, name: RuleName): string {
  return `${issuer.origin}/api/run/${tenant.name}/${name}`
}

/** One item of the list, and the answer to a GET by name. */
export function toListed(jwtKey: Uint8Array, issuer: Issuer, tenant: Tenant, webtask: Webtask) {
  return {
    token: signWebtaskToken(jwtKey, tenant.name, webtask),
    name: webtask.rule.name,
    meta: metaOf(webtask),
    webtask_url: webtaskUrl(issuer, tenant, webtask.rule.name),
  }
}

/** What an inspection may tell beyond the claims. */
export interface InspectionQuery {
  readonly decrypt: boolean
  readonly fetchCode: boolean
  readonly meta: boolean
}

export function toInspected(
  deps: { readonly encryption: Encryption },
  url: string,
  tenant: Tenant,
  webtask: Webtask,
  query: InspectionQuery,
) {
  const { meta, ...claims } = tokenClaims(tenant.name, webtask)
  const { version } = webtask
  return {
    ...claims,
    webtask_url: url,
    ...(Object.keys(version.secrets).length === 0
      ? {}
      : { ectx: query.decrypt ? openSecrets(deps.encryption, version) : sealedSecrets(version) }),
    ...(query.fetchCode ? { code: version.source } : {}),
    ...(query.meta ? { meta: withHookSecret(deps.encryption, version, meta) } : {}),
  }
}

function openSecrets(encryption: Encryption, version: RuleVersion): Record<string, string> {
  return Object.fromEntries(
    Object.keys(version.secrets).map((name) => [name, openSecret(encryption, version, name) ?? '']),
  )
}

function openSecret(encryption: Encryption, version: RuleVersion, name: string): string | undefined {
  const value = version.secrets[name]
  return value && encryption.decrypt(value, ruleSecretIdentity(version.tenantId, version.id, name))
}

/** One opaque text, as the client expects: it proves that there are secrets and opens nothing. */
function sealedSecrets(version: RuleVersion): string {
  return Buffer.from(JSON.stringify(version.secrets), 'utf8').toString('base64url')
}

/** The hooks client reads its secret back from the meta when it updates a hook. */
function withHookSecret(encryption: Encryption, version: RuleVersion, meta: Meta): Meta {
  const hookSecret = openSecret(encryption, version, hookSecretKey)
  return hookSecret === undefined ? meta : { ...meta, [hookSecretKey]: hookSecret }
}
