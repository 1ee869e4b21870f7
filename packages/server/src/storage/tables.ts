/**
 * The tables as they are now. How they came to be is in `migrations/`. Moments are milliseconds since 1970,
 * yes and no are 1 and 0, JSON is text.
 */
import type { Generated } from 'kysely'
import { bytes, integer, nullableInteger, nullableText, text, type ValuesOf } from './column.ts'
import type {
  exchangeRecordColumns,
  issuedTokenColumns,
  logEntryColumns,
  logStreamColumns,
  logStreamProgressColumns,
  revocationColumns,
  tokenCountColumns,
} from './log-tables.ts'

export const installationColumns = { master_key_fingerprint: text, created_at: integer }

export const tenantColumns = {
  id: text,
  name: text,
  origin: nullableText,
  /** Of the origin, so that a request's Host finds its tenant, and one tenant alone. */
  host: nullableText,
  profile: text,
  egress_allow: text,
  default_audience: nullableText,
  security: text,
  flags: text,
  kept_members: text,
  created_at: integer,
  /** While its rows are being removed. */
  removed_at: nullableInteger,
}

export const clientColumns = {
  tenant_id: text,
  id: text,
  name: text,
  description: text,
  metadata: text,
  grant_types: text,
  token_endpoint_auth_method: text,
  active_credential_ids: text,
  jwks_uri: nullableText,
  requires_proof_of_possession: integer,
  compliance_level: text,
  token_lifetime_seconds: nullableInteger,
  enabled: integer,
  kept_members: text,
  app_type: nullableText,
  is_first_party: integer,
  created_at: integer,
  updated_at: integer,
}

export const clientSecretColumns = {
  tenant_id: text,
  client_id: text,
  id: text,
  name: text,
  hash: bytes,
  expires_at: nullableInteger,
  created_at: integer,
}

export const clientSecretUseColumns = {
  tenant_id: text,
  client_id: text,
  secret_id: text,
  first_used_at: integer,
  last_used_at: integer,
}

export const clientCredentialColumns = {
  tenant_id: text,
  client_id: text,
  id: text,
  name: text,
  kid: text,
  type: text,
  /** Of a public key; both empty for others. */
  algorithm: text,
  public_jwk: text,
  /** What else proves the client, as JSON; empty for a public key. */
  certificate: text,
  expires_at: nullableInteger,
  created_at: integer,
  updated_at: integer,
}

export const spentProofColumns = { tenant_id: text, kind: text, holder: text, jti: text, expires_at: integer }

export const trustedIssuerColumns = {
  tenant_id: text,
  id: text,
  name: text,
  issuer: text,
  key_source: text,
  audiences: text,
  algorithms: text,
  max_token_lifetime_seconds: integer,
  requires_jti: integer,
  token_reuse: text,
  matches: text,
  rule_source: nullableText,
  created_at: integer,
  updated_at: integer,
}

export const resourceServerColumns = {
  tenant_id: text,
  id: text,
  identifier: text,
  name: text,
  scopes: text,
  token_lifetime_seconds: integer,
  signing_algorithm: text,
  token_dialect: text,
  rule_scopes: text,
  proof_of_possession: nullableText,
  token_format: text,
  token_encryption: nullableText,
  has_token_status_list: integer,
  enforce_policies: nullableInteger,
  client_policy: text,
  encrypted_signing_secret: nullableText,
  is_system: integer,
  kept_members: text,
  created_at: integer,
  updated_at: integer,
}

export const clientGrantColumns = {
  tenant_id: text,
  id: text,
  client_id: text,
  resource_server_id: text,
  scopes: text,
  all_scopes: integer,
  organization_usage: nullableText,
  allow_any_organization: nullableInteger,
  created_at: integer,
  updated_at: integer,
}

export const ruleColumns = {
  tenant_id: text,
  id: text,
  door: text,
  name: text,
  model: text,
  order: integer,
  enabled: integer,
  client_filter: nullableText,
  trigger: text,
  active_version_id: nullableText,
  binding: nullableText,
  created_at: integer,
  updated_at: integer,
}

export const ruleVersionColumns = {
  tenant_id: text,
  id: text,
  rule_id: text,
  number: integer,
  source: text,
  program: nullableText,
  secrets: text,
  dependencies: text,
  packages: text,
  modules: nullableText,
  webtask: nullableText,
  action: nullableText,
  created_at: integer,
  /** When the rule was removed; the version stays a while for the exchange records that name it. */
  rule_removed_at: nullableInteger,
}

export const actionDraftColumns = {
  tenant_id: text,
  rule_id: text,
  source: text,
  program: nullableText,
  secrets: text,
  dependencies: text,
  action: text,
  is_deployed: integer,
  updated_at: integer,
}

export const signingKeyColumns = {
  tenant_id: text,
  id: text,
  algorithm: text,
  state: text,
  public_jwk: text,
  encrypted_private_key: text,
  certificate: nullableText,
  created_at: integer,
  may_sign_from: integer,
  current_since: nullableInteger,
  current_until: nullableInteger,
  longest_token_seconds: integer,
  revoked_at: nullableInteger,
}

export const webtaskTokenColumns = { tenant_id: text, id: text, hash: bytes, created_at: integer }

export const idempotentAnswerColumns = {
  tenant_id: text,
  client_id: text,
  key_hash: text,
  at: integer,
  content: text,
}

export interface Tables {
  installation: ValuesOf<typeof installationColumns>
  tenants: ValuesOf<typeof tenantColumns>
  clients: ValuesOf<typeof clientColumns>
  client_secrets: ValuesOf<typeof clientSecretColumns>
  client_secret_uses: ValuesOf<typeof clientSecretUseColumns>
  client_credentials: ValuesOf<typeof clientCredentialColumns>
  spent_proofs: ValuesOf<typeof spentProofColumns>
  trusted_issuers: ValuesOf<typeof trustedIssuerColumns>
  resource_servers: ValuesOf<typeof resourceServerColumns>
  client_grants: ValuesOf<typeof clientGrantColumns>
  rules: ValuesOf<typeof ruleColumns>
  rule_versions: ValuesOf<typeof ruleVersionColumns>
  action_drafts: ValuesOf<typeof actionDraftColumns>
  signing_keys: ValuesOf<typeof signingKeyColumns>
  webtask_tokens: ValuesOf<typeof webtaskTokenColumns>
  log_entries: ValuesOf<typeof logEntryColumns> & { sequence: Generated<number> }
  token_counts: ValuesOf<typeof tokenCountColumns>
  log_streams: ValuesOf<typeof logStreamColumns>
  log_stream_progress: ValuesOf<typeof logStreamProgressColumns>
  issued_tokens: ValuesOf<typeof issuedTokenColumns>
  revocations: ValuesOf<typeof revocationColumns> & { sequence: Generated<number> }
  exchange_records: ValuesOf<typeof exchangeRecordColumns>
  idempotent_answers: ValuesOf<typeof idempotentAnswerColumns>
}
