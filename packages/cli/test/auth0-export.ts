/** An export as Auth0's deploy tool writes it, in both of its formats, of a tenant with some of everything. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'

const hookCode = `module.exports = function (client, scope, audience, context, cb) {
  cb(null, { scope: scope, 'https://example.com/plan': context.webtask.secrets.PREFIX + client.metadata.plan, plan: 1 })
}
`
const actionCode = `exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('team', event.secrets.TEAM)
}
`

type Exported<Members> = Members & Readonly<Record<string, unknown>>

/** With the code of rules in place of the paths of their files. */
export interface ExportedTenant {
  readonly tenant: Readonly<Record<string, unknown>>
  readonly clients: readonly Exported<{ name: string }>[]
  readonly resourceServers: readonly Exported<{ name: string; identifier: string }>[]
  readonly clientGrants: readonly Exported<{ client_id: string }>[]
  readonly hooks: readonly Exported<{ name: string; script: string }>[]
  readonly actions: readonly Exported<{ name: string; code: string }>[]
  readonly triggers: Readonly<Record<string, readonly { action_name: string; display_name: string }[]>>
}

export const exported: ExportedTenant = {
  tenant: {
    friendly_name: 'Invoices Ltd',
    default_audience: '##AUDIENCE##',
    session_lifetime: 100,
    sandbox_version: '18',
    flags: { enable_sso: false, not_a_flag: true },
    not_a_setting: 1,
  },
  clients: [
    {
      name: 'shipping',
      client_id: 'oldIdOfShipping',
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
      client_metadata: { plan: 'gold' },
      jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36000, secret_encoded: false },
      token_endpoint_auth_method: 'client_secret_post',
      is_first_party: true,
      custom_login_page: './shipping_custom_login_page.html',
      token_quota: { client_credentials: { enforce: true, per_day: 100 } },
      callbacks: [],
    },
    {
      name: 'shop',
      app_type: 'spa',
      grant_types: ['implicit'],
      token_endpoint_auth_method: 'none',
      compliance_level: 'fapi1_adv_pkj_par',
    },
    {
      name: 'signer',
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: null,
      compliance_level: 'fapi2_sp_pkj_mtls',
    },
    { name: 'Tallystick operator', app_type: 'non_interactive', client_metadata: { broken: 'yes' } },
  ],
  resourceServers: [
    {
      name: 'Invoices',
      identifier: '##AUDIENCE##',
      scopes: [{ value: 'read', description: 'Read invoices' }, { value: 'write' }],
      signing_alg: 'RS256',
      token_lifetime: 3600,
      token_lifetime_for_web: 7200,
      allow_offline_access: false,
      proof_of_possession: { mechanism: 'dpop', required: false },
      authorization_details: [{ type: 'payment' }],
      subject_type_authorization: {
        client: { policy: 'require_client_grant' },
        user: { policy: 'allow_all' },
      },
    },
    { name: 'Old', identifier: 'urn:old', signing_alg: 'HS256', scopes: [] },
    { name: 'Auth0 Management API', identifier: 'https://invoices.eu.auth0.com/api/v2/', is_system: true },
  ],
  clientGrants: [
    { client_id: 'shipping', audience: '##AUDIENCE##', scope: '@@SCOPES@@', subject_type: 'client' },
    { client_id: 'shipping', audience: 'https://invoices.eu.auth0.com/api/v2/', scope: ['read:clients'] },
    { client_id: 'nobody', audience: 'urn:old', scope: [] },
  ],
  hooks: [
    {
      name: 'Add Plan',
      triggerId: 'credentials-exchange',
      enabled: true,
      dependencies: {},
      secrets: { PREFIX: '_VALUE_NOT_SHOWN_' },
      script: hookCode,
    },
    {
      name: 'welcome',
      triggerId: 'post-user-registration',
      enabled: true,
      dependencies: {},
      secrets: {},
      script: 'module.exports = function (user, context, cb) { cb() }\n',
    },
  ],
  actions: [
    {
      name: 'add-team',
      code: actionCode,
      runtime: 'node22',
      status: 'built',
      dependencies: [],
      secrets: [{ name: 'TEAM' }],
      supported_triggers: [{ id: 'credentials-exchange', version: 'v2' }],
      deployed: true,
      modules: [],
    },
    {
      name: 'greet',
      code: 'exports.onExecutePostLogin = async () => {}\n',
      runtime: 'node22',
      dependencies: [],
      secrets: [],
      supported_triggers: [{ id: 'post-login', version: 'v3' }],
      deployed: true,
    },
  ],
  triggers: {
    'credentials-exchange': [{ action_name: 'add-team', display_name: 'Add the team' }],
    'post-login': [{ action_name: 'greet', display_name: 'greet' }],
  },
}
export const mapping = { AUDIENCE: 'https://invoices.example.org/', SCOPES: ['read', 'write', 'gone'] }
export const ruleSecrets = {
  hooks: { 'add-plan': { PREFIX: 'plan ' } },
  actions: { 'add-team': { TEAM: 'blue' } },
}

export type Files = Readonly<Record<string, unknown>>

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`)
  }
}

export function directoryFiles(tenant: ExportedTenant): Files {
  const named = (folder: string, objects: readonly { name: string }[]) =>
    objects.map((object) => [`${folder}/${object.name}.json`, object])
  return Object.fromEntries([
    ['tenant.json', tenant.tenant],
    ['pages/login.json', { html: './login.html' }],
    ...named('clients', tenant.clients),
    ...named('resource-servers', tenant.resourceServers),
    ...tenant.clientGrants.map((grant, index) => [`grants/${index}.json`, grant]),
    ...tenant.hooks.flatMap((hook) => [
      [`hooks/${hook.name}.json`, { ...hook, script: `./${hook.name}.js` }],
      [`hooks/${hook.name}.js`, hook.script],
    ]),
    ...tenant.actions.flatMap((action) => [
      [`actions/${action.name}.json`, { ...action, code: `./actions/${action.name}/code.js` }],
      [`actions/${action.name}/code.js`, action.code],
    ]),
    ['triggers/triggers.json', tenant.triggers],
  ])
}

export function yamlFiles(tenant: ExportedTenant): Files {
  const hooks = tenant.hooks.map((hook) => ({ ...hook, script: `./hooks/${hook.name}.js` }))
  const actions = tenant.actions.map((action) => ({ ...action, code: `./actions/${action.name}/code.js` }))
  return Object.fromEntries([
    ['tenant.yaml', stringify({ ...tenant, hooks, actions, rules: [], connections: [{ name: 'people' }] })],
    ...tenant.hooks.map((hook) => [`hooks/${hook.name}.js`, hook.script]),
    ...tenant.actions.map((action) => [`actions/${action.name}/code.js`, action.code]),
  ])
}
