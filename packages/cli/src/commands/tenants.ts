/** `tallystick tenants`: the tenants of one server, managed from its default tenant. */
import type { CreatedTenant, TenantProfile } from '@tallystick/management-api/contract/tenants'
import { type Command, Option } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { writePrivateFile } from '../private-file.ts'
import { formatDetails } from '../table.ts'
import { deleteObjects } from './delete-objects.ts'
import { addIdsOption, allPages, type ListOptions, presentList } from './present-list.ts'
import { checkSecretFile, type SecretOptions } from './show-secret.ts'

interface CreateOptions extends SecretOptions {
  readonly origin: string
  readonly profile?: TenantProfile
}

export function addTenantsCommands(tenants: Command, open: OpenContext): void {
  addExamples(tenants, [
    ['tallystick tenants list'],
    ['tallystick tenants create acme --origin https://acme.example.com --out acme/bootstrap.json'],
    ['TALLYSTICK_DATA_DIR=acme tallystick clients list', 'as the operator of the new tenant'],
  ])

  addIdsOption(tenants.command('list').description('all tenants of the server')).action(
    async (options: ListOptions) => {
      const context = open()
      const connection = await context.connect()
      const items = await allPages(async (page) => {
        const { total, tenants: pageOfTenants } = await connection.tenants.list(page)
        return { total, items: pageOfTenants }
      })
      presentList(context, options, {
        items,
        idOf: (tenant) => tenant.name,
        whenEmpty: 'There is no tenant.',
        columns: [
          { title: 'Name', cell: (tenant) => tenant.name },
          { title: 'Origin', cell: (tenant) => tenant.origin },
          { title: 'Profile', cell: (tenant) => tenant.profile },
          { title: 'Default', cell: (tenant) => (tenant.is_default ? 'yes' : '') },
        ],
      })
    },
  )

  tenants
    .command('create <name>')
    .description('a new tenant, with a client that may do everything in it and a token for wt')
    .requiredOption('--origin <origin>', 'where it is reached, such as https://acme.example.com')
    .addOption(
      new Option('--profile <profile>', 'how it answers: as the RFCs say, or in the words of Auth0').choices([
        'rfc',
        'auth0',
      ]),
    )
    .option('--out <file>', 'write the credentials to this file (mode 0600) instead of the screen')
    .action(async (name: string, { origin, profile, ...options }: CreateOptions) => {
      const context = open()
      await checkSecretFile(options)
      const connection = await context.connect()
      const created = await connection.tenants.create({ name, origin, ...(profile && { profile }) })
      await showCreated(context, created, options)
    })

  tenants
    .command('delete <name...>')
    .description('delete tenants with everything in them; - reads names from standard input')
    .action(async (names: string[]) => {
      const context = open()
      const connection = await context.connect()
      await deleteObjects(context, 'tenant', names, connection.tenants)
    })
}

/** The one time its credentials are seen. The file is like the `bootstrap.json` of a first start. */
async function showCreated(
  { terminal, present }: CommandContext,
  created: CreatedTenant,
  { out }: SecretOptions,
): Promise<void> {
  if (out === undefined) {
    terminal.say('The credentials are shown this once; keep them now.')
    present(created, () => details(created))
    return
  }
  try {
    await writePrivateFile(out, `${JSON.stringify(created, null, 2)}\n`)
  } catch (error) {
    // The server has already stored them: if they were lost here, nobody could ever enter this tenant.
    terminal.say('The credentials could not be written to the file; they are printed instead, this once.')
    present(created, () => details(created))
    throw error
  }
  terminal.say(`The credentials are in ${out}, which only you may read.`)
  const { origin, tenant } = created
  present({ origin, tenant }, () =>
    formatDetails([
      ['tenant', tenant],
      ['origin', origin],
    ]),
  )
}

function details({ origin, tenant, management, webtask }: CreatedTenant): string[] {
  return formatDetails([
    ['tenant', tenant],
    ['origin', origin],
    ['client_id', management.client_id],
    ['client_secret', management.client_secret],
    ['audience', management.audience],
    ['wt token', webtask.token],
  ])
}
