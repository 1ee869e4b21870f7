/** `tallystick settings`: what holds for the whole tenant. */
import type {
  TenantSettings,
  TenantSettingsChange,
} from '@tallystick/management-api/contract/tenant-settings'
import type { TenantProfile } from '@tallystick/management-api/contract/tenants'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { formatDetails } from '../table.ts'
import { requireChange } from './change-named.ts'
import { collect, wholeNumber } from './option-values.ts'

interface UpdateOptions {
  readonly egressAllow?: readonly string[]
  readonly egressNone?: true
  /** False with `--no-default-audience`. */
  readonly defaultAudience?: string | false
  readonly profile?: TenantProfile
  readonly securityProfile?: TenantSettings['security_profile']
  readonly tokenEndpointAudience?: 'allow' | 'refuse' | 'by-profile'
  /** False with `--no-signing-key-rotation`. */
  readonly signingKeyRotation?: boolean
  readonly signingKeyRotationDays?: number
  readonly dpopNonce?: 'required' | 'optional'
}

export function addSettingsCommands(settings: Command, open: OpenContext): void {
  addExamples(settings, [
    ['tallystick settings show'],
    ['tallystick settings update --egress-allow plans.example.com --egress-allow 10.0.0.5:8080'],
    ['tallystick settings update --signing-key-rotation-days 90', 'signing keys rotate automatically'],
  ])

  settings
    .command('show')
    .description('the settings of the tenant')
    .action(async () => {
      const { connect, present } = open()
      const shown = await (await connect()).tenantSettings.get()
      present(shown, () => details(shown))
    })

  settings
    .command('update')
    .description('change the settings of the tenant')
    .addOption(
      new Option(
        '--egress-allow <host>',
        'a host or host:port that rules may fetch from; replaces the list; repeatable',
      )
        .argParser(collect)
        .conflicts('egressNone'),
    )
    .option('--egress-none', 'rules may fetch from nowhere')
    .option('--default-audience <audience>', 'the API of a token request that names none')
    .option('--no-default-audience', 'a token request has to name its API')
    .addOption(
      new Option(
        '--profile <profile>',
        'how the tenant answers: as the RFCs say, or in the words of Auth0',
      ).choices(['rfc', 'auth0']),
    )
    .addOption(
      new Option(
        '--security-profile <profile>',
        'what every client must meet; fapi2: the FAPI 2.0 Security Profile',
      ).choices(['none', 'fapi2']),
    )
    .addOption(
      new Option(
        '--token-endpoint-audience <what>',
        'whether assertions may name the token endpoint instead of the issuer as their audience',
      ).choices(['allow', 'refuse', 'by-profile']),
    )
    .addOption(
      new Option(
        '--signing-key-rotation-days <days>',
        'rotate a signing key that has signed for so many days',
      )
        .argParser(wholeNumber)
        .conflicts('signingKeyRotation'),
    )
    .option('--no-signing-key-rotation', 'rotate signing keys only on request')
    .addOption(
      new Option('--dpop-nonce <what>', 'whether each DPoP proof must have a nonce of the server').choices([
        'required',
        'optional',
      ]),
    )
    .action(async (options: UpdateOptions) => {
      const { connect, present } = open()
      const change = requireChange(changeOf(options))
      const shown = await (await connect()).tenantSettings.update(change)
      present(shown, () => details(shown))
    })
}

function changeOf({
  egressAllow,
  egressNone,
  defaultAudience,
  profile,
  securityProfile,
  tokenEndpointAudience,
  signingKeyRotation,
  signingKeyRotationDays: days,
  dpopNonce,
}: UpdateOptions): TenantSettingsChange {
  const allow = egressNone ? [] : egressAllow && [...egressAllow]
  return {
    ...(allow && { egress: { allow } }),
    ...(defaultAudience !== undefined && { default_audience: defaultAudience || null }),
    ...(profile && { profile }),
    ...(securityProfile && { security_profile: securityProfile }),
    ...(signingKeyRotation === false && { signing_key_rotation_days: null }),
    ...(days !== undefined && { signing_key_rotation_days: days }),
    ...(dpopNonce && { dpop_nonce_required: dpopNonce === 'required' }),
    ...(tokenEndpointAudience && { allow_token_endpoint_audience: audienceChoices[tokenEndpointAudience] }),
  }
}

const audienceChoices = { allow: true, refuse: false, 'by-profile': null }

function details(settings: TenantSettings): string[] {
  return formatDetails([
    ['tenant', settings.friendly_name],
    ['profile', settings.profile],
    ['security profile', settings.security_profile],
    [
      'assertions for',
      settings.allow_token_endpoint_audience ? 'the issuer or the token endpoint' : 'the issuer alone',
    ],
    ['DPoP nonce', settings.dpop_nonce_required ? 'required' : 'optional'],
    ['signing keys', rotationInWords(settings.signing_key_rotation_days)],
    ['default audience', settings.default_audience],
    ['rules may fetch from', settings.egress.allow.join('\n') || 'nowhere'],
  ])
}

function rotationInWords(days: number | null): string {
  return days === null ? 'rotated on request' : `rotated after ${days} ${days === 1 ? 'day' : 'days'}`
}
