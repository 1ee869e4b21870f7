/** `tallystick grants`: which client may have which scopes of which API. */
import type { ClientGrant } from '@tallystick/management-api/contract/client-grants'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { formatDetails } from '../table.ts'
import { deleteObjects } from './delete-objects.ts'
import { collect } from './option-values.ts'
import { addIdsOption, allPages, type ListOptions, presentList } from './present-list.ts'
import { shortScopes } from './short-scopes.ts'

interface ListGrantsOptions extends ListOptions {
  readonly client?: string
  readonly api?: string
}

interface CreateOptions {
  readonly client: string
  readonly api: string
  readonly scope?: readonly string[]
  readonly allScopes?: true
}

interface UpdateOptions {
  readonly scope?: readonly string[]
  readonly allScopes?: true
}

export function addGrantsCommands(grants: Command, open: OpenContext): void {
  addExamples(grants, [
    ['tallystick grants list --client CLIENT_ID'],
    ['tallystick grants create --client CLIENT_ID --api https://invoices.example.com/ --scope read'],
    ['tallystick grants update GRANT_ID --scope read --scope write', 'replaces the scopes'],
  ])

  addIdsOption(grants.command('list').description('client grants, all or those of a client or an API'))
    .option('--client <client_id>', 'of this client only')
    .option('--api <identifier>', 'of this API only')
    .action(async ({ client, api, ...options }: ListGrantsOptions) => {
      const context = open()
      const { clientGrants } = await context.connect()
      const filter = {
        ...(client !== undefined && { client_id: client }),
        ...(api !== undefined && { audience: api }),
      }
      const items = await allPages(async (page) => {
        const { total, client_grants } = await clientGrants.list({ ...page, ...filter })
        return { total, items: client_grants }
      })
      presentList(context, options, {
        items,
        idOf: (grant) => grant.id,
        whenEmpty: 'There is no such grant: tallystick grants create --help',
        columns: [
          { title: 'Id', cell: (grant) => grant.id },
          { title: 'Client id', cell: (grant) => grant.client_id },
          { title: 'API', cell: (grant) => grant.audience },
          { title: 'Scopes', cell: (grant) => shortScopes(scopesOf(grant), scopesRoom) },
        ],
      })
    })

  grants
    .command('show <grant_id>')
    .description('one client grant')
    .action(async (id: string) => {
      const { connect, present } = open()
      const grant = await (await connect()).clientGrants.get(id)
      present(grant, () => details(grant))
    })

  grants
    .command('create')
    .description('let a client have scopes of an API')
    .requiredOption('--client <client_id>', 'the client')
    .requiredOption('--api <identifier>', 'the API')
    .option('--scope <value>', 'a scope it may have; repeatable', collect)
    .addOption(allScopesOption())
    .action(async ({ client, api, ...scopes }: CreateOptions) => {
      const { connect, present } = open()
      const { clientGrants } = await connect()
      const grant = await clientGrants.create({ client_id: client, audience: api, ...held(scopes) })
      present(grant, () => details(grant))
    })

  grants
    .command('update <grant_id>')
    .description('replace the scopes of a client grant')
    .option('--scope <value>', 'a scope it may have from now on; repeatable', collect)
    .addOption(allScopesOption())
    .action(async (id: string, scopes: UpdateOptions) => {
      const { connect, present } = open()
      if (!scopes.scope && !scopes.allScopes) throw nothingNamed()
      const grant = await (await connect()).clientGrants.update(id, held(scopes))
      present(grant, () => details(grant))
    })

  grants
    .command('delete <grant_id...>')
    .description('delete client grants; - reads ids from standard input')
    .action(async (ids: string[]) => {
      const context = open()
      const { clientGrants } = await context.connect()
      await deleteObjects(context, 'client grant', ids, clientGrants)
    })
}

function allScopesOption(): Option {
  return new Option('--all-scopes', 'whatever the API offers, now and later').conflicts('scope')
}

function held({ scope = [], allScopes }: UpdateOptions) {
  return allScopes ? { allow_all_scopes: true } : { scope: [...scope] }
}

function nothingNamed(): Failure {
  return new Failure('usage', {
    what: 'No scopes are named.',
    why: 'They replace those that the grant holds.',
    todo: 'Name each with --scope, or give --all-scopes.',
  })
}

function scopesOf(grant: ClientGrant): readonly string[] {
  return grant.allow_all_scopes ? ['(all of the API)'] : grant.scope
}

const scopesRoom = 60

function details(grant: ClientGrant): string[] {
  return formatDetails([
    ['id', grant.id],
    ['client_id', grant.client_id],
    ['API', grant.audience],
    ['scopes', scopesOf(grant).join('\n')],
  ])
}
