/** Refusals for what does not exist, or belongs to another tenant, in the words of Auth0's API where it has some. */
import { ManagementError } from '../../../domain/errors.ts'

const words = {
  client: ['inexistent_client', 'The client does not exist'],
  clientCredential: ['inexistent_client_credential', 'The credential does not exist'],
  clientSecret: ['inexistent_client_secret', 'The client secret does not exist'],
  resourceServer: ['inexistent_resource_server', 'The resource server does not exist'],
  clientGrant: ['inexistent_client_grant', 'The client grant does not exist'],
  signingKey: ['inexistent_signing_key', 'The signing key does not exist'],
  action: ['inexistent_action', 'That action does not exist.'],
  actionVersion: ['inexistent_action_version', 'That action version does not exist.'],
  actionExecution: ['inexistent_action_execution', 'That action execution does not exist.'],
  trigger: ['inexistent_trigger', 'That trigger does not exist.'],
  hook: ['inexistent_hook', 'The hook does not exist'],
  rule: ['inexistent_rule', 'The rule does not exist'],
  ruleVersion: ['inexistent_rule_version', 'The rule version does not exist'],
  token: [
    'inexistent_token',
    'This is no token of this tenant, or it has expired. An encrypted one is revoked by the jti of the token inside, or with all of its client',
  ],
  logEntry: ['inexistent_log', 'The log entry does not exist'],
  logStream: ['inexistent_log_stream', 'The log stream does not exist'],
  trustedIssuer: ['inexistent_trusted_issuer', 'The trusted issuer does not exist'],
  tenant: ['inexistent_tenant', 'The tenant does not exist'],
} as const

export function notThere(noun: keyof typeof words): ManagementError {
  const [errorCode, message] = words[noun]
  return new ManagementError('not_found', message, { errorCode })
}
