/** The options of `tallystick apis create` and `update`, and what they mean on the wire. */
import {
  type ResourceServer,
  type ResourceServerChange,
  signingAlgorithms,
} from '@tallystick/management-api/contract/resource-servers'
import { type Command, Option } from 'commander'
import { readSecret, type SecretInputDeps } from '../secret-input.ts'
import { revealSecret } from '../secret-text.ts'
import { type ApiEncryptionOptions, addEncryptionOptions, encryptionOf } from './api-encryption.ts'
import { wholeNumber } from './option-values.ts'
import type { SecretOptions } from './show-secret.ts'

export interface ApiOptions extends SecretOptions, ApiEncryptionOptions {
  readonly name?: string
  readonly lifetime?: number
  readonly alg?: ResourceServer['signing_alg']
  readonly dialect?: ResourceServer['token_dialect']
  readonly ruleScopes?: ResourceServer['rule_scopes']
  readonly enforcePolicies?: boolean
  readonly tokenFormat?: ResourceServer['token_format']
  readonly statusList?: boolean
  readonly proofOfPossession?: keyof typeof proofChoices
  readonly clientPolicy?: 'require_client_grant' | 'deny_all'
  readonly signingSecretFile?: string
}

/**
 * Tokens are bound by DPoP whenever a client sends a proof, whatever the API says; so for DPoP the only choice is to
 * require it.
 */
const proofChoices = {
  dpop: { mechanism: 'dpop', required: true },
  mtls: { mechanism: 'mtls', required: true },
  'mtls-if-shown': { mechanism: 'mtls', required: false },
  none: null,
} as const

export function addApiSettings(command: Command): Command {
  return addEncryptionOptions(command)
    .option('--name <name>', 'a name for people')
    .option('--lifetime <seconds>', 'how long its tokens live', wholeNumber)
    .addOption(new Option('--alg <alg>', 'how its tokens are signed').choices(signingAlgorithms))
    .option(
      '--signing-secret-file <file>',
      'file with the secret for HS256, or - for standard input; without it one is made',
    )
    .option('--out <file>', 'write a secret that is made to this file (mode 0600) instead of the screen')
    .addOption(
      new Option('--dialect <dialect>', 'the claims of its tokens').choices([
        'rfc9068_profile',
        'rfc9068_profile_authz',
        'access_token',
        'access_token_authz',
      ]),
    )
    .addOption(
      new Option(
        '--token-format <format>',
        'a JWT, or an opaque token that only introspection explains',
      ).choices(['jwt', 'opaque']),
    )
    .option('--status-list', 'let each token name its place in a published list of revoked ones')
    .option('--no-status-list', 'publish no list for its tokens')
    .addOption(
      new Option(
        '--proof-of-possession <how>',
        'bind its tokens to a key (dpop) or to a certificate (mtls), and issue no others',
      ).choices(Object.keys(proofChoices)),
    )
    .option('--enforce-policies', 'let a dialect ending in _authz add permissions')
    .option('--no-enforce-policies', 'have no permissions in tokens')
    .addOption(
      new Option('--client-policy <policy>', 'which clients may have tokens').choices([
        'require_client_grant',
        'deny_all',
      ]),
    )
    .addOption(
      new Option('--rule-scopes <policy>', "how far a rule's scopes may go").choices(['any', 'api', 'grant']),
    )
}

export async function settingsOf(options: ApiOptions, input: SecretInputDeps): Promise<ResourceServerChange> {
  const { name, lifetime, alg, dialect, ruleScopes, enforcePolicies, clientPolicy, signingSecretFile } =
    options
  const { tokenFormat, statusList, proofOfPossession } = options
  const question = 'Signing secret:'
  const secret =
    signingSecretFile === undefined
      ? undefined
      : await readSecret(input, { path: signingSecretFile, question, flag: '--signing-secret-file' })
  return {
    ...(name !== undefined && { name }),
    ...(lifetime !== undefined && { token_lifetime: lifetime }),
    ...(alg && { signing_alg: alg }),
    ...(secret && { signing_secret: revealSecret(secret) }),
    ...(dialect && { token_dialect: dialect }),
    ...(tokenFormat && { token_format: tokenFormat }),
    ...(statusList !== undefined && { token_status_list: statusList }),
    ...(proofOfPossession && { proof_of_possession: proofChoices[proofOfPossession] }),
    ...(enforcePolicies !== undefined && { enforce_policies: enforcePolicies }),
    ...(clientPolicy && { subject_type_authorization: { client: { policy: clientPolicy } } }),
    ...(ruleScopes && { rule_scopes: ruleScopes }),
    ...(await encryptionOf(options, input.input)),
  }
}
