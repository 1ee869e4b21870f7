/** `tallystick settings`: what holds for the whole tenant. */
import type { TenantSettings } from '@tallystick/management-api/contract/tenant-settings'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { formatDetails } from '../table.ts'
import { collect } from './option-values.ts'

interface UpdateOptions {
  readonly egressAllow?: readonly string[]
  readonly egressNone?: true
}

export function addSettingsCommands(settings: Command, open: OpenContext): void {
  addExamples(settings, [
    ['tallystick settings show'],
    ['tallystick settings update --egress-allow plans.example.com --egress-allow 10.0.0.5:8080'],
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
    .action(async ({ egressAllow, egressNone }: UpdateOptions) => {
      const { connect, present } = open()
      const allow = egressNone ? [] : egressAllow && [...egressAllow]
      if (!allow) throw nothingToChange()
      const shown = await (await connect()).tenantSettings.update({ egress: { allow } })
      present(shown, () => details(shown))
    })
}

function nothingToChange(): Failure {
  return new Failure('usage', {
    what: 'There is nothing to change.',
    why: 'No setting was named.',
    todo: 'Give --egress-allow or --egress-none.',
  })
}

function details(settings: TenantSettings): string[] {
  return formatDetails([
    ['tenant', settings.friendly_name],
    ['rules may fetch from', settings.egress.allow.join('\n') || 'nowhere'],
  ])
}
