/** `tallystick apis`: resource servers, the APIs that accept our tokens. */
import type { ResourceServer } from '@tallystick/management-api/contract/resource-servers'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { formatDetails } from '../table.ts'
import { deleteObjects } from './delete-objects.ts'
import { collect, wholeNumber } from './option-values.ts'
import { addIdsOption, allPages, type ListOptions, presentList } from './present-list.ts'

interface ApiOptions {
  readonly name?: string
  readonly lifetime?: number
  readonly alg?: ResourceServer['signing_alg']
  readonly dialect?: ResourceServer['token_dialect']
  readonly ruleScopes?: ResourceServer['rule_scopes']
}

interface CreateOptions extends ApiOptions {
  readonly scope?: readonly string[]
}

interface UpdateOptions extends ApiOptions {
  readonly addScope?: readonly string[]
  readonly removeScope?: readonly string[]
}

export function addApisCommands(apis: Command, open: OpenContext): void {
  addExamples(apis, [
    ['tallystick apis list'],
    ['tallystick apis create https://invoices.example.com/ --scope "read Read invoices" --scope write'],
    ['tallystick apis update https://invoices.example.com/ --alg ES256 --lifetime 3600'],
  ])

  addIdsOption(apis.command('list').description('all APIs of the tenant')).action(
    async (options: ListOptions) => {
      const context = open()
      const { resourceServers } = await context.connect()
      const items = await allPages(async (page) => {
        const { total, resource_servers } = await resourceServers.list(page)
        return { total, items: resource_servers }
      })
      presentList(context, options, {
        items,
        idOf: (api) => api.id,
        whenEmpty: 'There is no API yet: tallystick apis create --help',
        columns: [
          { title: 'Identifier', cell: (api) => api.identifier },
          { title: 'Name', cell: (api) => api.name },
          { title: 'Scopes', cell: (api) => String(api.scopes.length) },
          { title: 'Alg', cell: (api) => api.signing_alg },
          { title: 'Id', cell: (api) => api.id },
        ],
      })
    },
  )

  apis
    .command('show <api>')
    .description('one API, by its identifier or id')
    .action(async (id: string) => {
      const { connect, present } = open()
      const api = await (await connect()).resourceServers.get(id)
      present(api, () => details(api))
    })

  addSettings(apis.command('create <identifier>').description('a new API; its identifier is the audience'))
    .option(
      '--scope <value>',
      'a scope it offers, then perhaps a blank and a description; repeatable',
      collect,
    )
    .action(async (identifier: string, options: CreateOptions) => {
      const { connect, present } = open()
      const api = await (await connect()).resourceServers.create({
        identifier,
        ...settingsOf(options),
        ...(options.scope && { scopes: options.scope.map(parseScopeOption) }),
      })
      present(api, () => details(api))
    })

  addSettings(apis.command('update <api>').description('change an API; what is not named stays'))
    .option('--add-scope <value>', 'a scope to add or describe anew; repeatable', collect)
    .option('--remove-scope <value>', 'a scope to remove; repeatable', collect)
    .action(async (id: string, options: UpdateOptions) => {
      const { connect, present } = open()
      const { resourceServers } = await connect()
      const scopes = options.addScope || options.removeScope
      const change = {
        ...settingsOf(options),
        ...(scopes && { scopes: changedScopes((await resourceServers.get(id)).scopes, options) }),
      }
      const api = await resourceServers.update(id, change)
      present(api, () => details(api))
    })

  apis
    .command('delete <api...>')
    .description('delete APIs with their client grants; - reads ids from standard input')
    .action(async (ids: string[]) => {
      const context = open()
      const { resourceServers } = await context.connect()
      await deleteObjects(context, 'API', ids, (id) => resourceServers.delete(id))
    })
}

function addSettings(command: Command): Command {
  return command
    .option('--name <name>', 'a name for people')
    .option('--lifetime <seconds>', 'how long its tokens live', wholeNumber)
    .addOption(new Option('--alg <alg>', 'how its tokens are signed').choices(['RS256', 'ES256', 'EdDSA']))
    .addOption(
      new Option('--dialect <dialect>', 'the claims of its tokens').choices([
        'rfc9068_profile',
        'access_token',
      ]),
    )
    .addOption(
      new Option('--rule-scopes <policy>', "how far a rule's scopes may go").choices(['any', 'api', 'grant']),
    )
}

function settingsOf({ name, lifetime, alg, dialect, ruleScopes }: ApiOptions) {
  return {
    ...(name !== undefined && { name }),
    ...(lifetime !== undefined && { token_lifetime: lifetime }),
    ...(alg && { signing_alg: alg }),
    ...(dialect && { token_dialect: dialect }),
    ...(ruleScopes && { rule_scopes: ruleScopes }),
  }
}

/** A scope holds no blank (RFC 6749 §3.3), so the first one ends it. */
function parseScopeOption(text: string): { value: string; description?: string } {
  const [value = '', ...words] = text.trim().split(' ')
  return words.length === 0 ? { value } : { value, description: words.join(' ') }
}

function changedScopes(
  before: ResourceServer['scopes'],
  { addScope = [], removeScope = [] }: UpdateOptions,
): ResourceServer['scopes'] {
  const scopes = new Map(before.map((scope) => [scope.value, scope]))
  for (const value of removeScope) {
    if (scopes.delete(value)) continue
    throw new Failure('not_found', {
      what: `The API has no scope ${value}.`,
      why: 'It was to be removed.',
      todo: 'See `tallystick apis show`.',
    })
  }
  for (const scope of addScope.map(parseScopeOption)) scopes.set(scope.value, scope)
  return [...scopes.values()]
}

function details(api: ResourceServer): string[] {
  return formatDetails([
    ['identifier', api.identifier],
    ['id', api.id],
    ['name', api.name],
    ['scopes', api.scopes.map(({ value, description }) => [value, description].join('  ').trim()).join('\n')],
    ['signing algorithm', api.signing_alg],
    ['token dialect', api.token_dialect],
    ['token lifetime', `${api.token_lifetime} s`],
    ["rules' scopes", api.rule_scopes],
    ['system', api.is_system ? 'yes: it cannot be changed' : 'no'],
  ])
}
