/** `tallystick apis`: resource servers, the APIs that accept our tokens. */
import type { ResourceServer } from '@tallystick/management-api/contract/resource-servers'
import type { Command } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { formatDetails } from '../table.ts'
import { type ApiOptions, addApiSettings, settingsOf } from './api-settings.ts'
import { requireChange } from './change-named.ts'
import { deleteObjects } from './delete-objects.ts'
import { collect } from './option-values.ts'
import { addIdsOption, allPages, type ListOptions, presentList } from './present-list.ts'
import { checkSecretFile, type SecretOptions, showOnce } from './show-secret.ts'

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
    [
      'tallystick apis update https://invoices.example.com/ --token-encryption-key public.pem',
      'only that API can read its tokens',
    ],
    ['tallystick apis update https://invoices.example.com/ --proof-of-possession dpop'],
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

  addApiSettings(apis.command('create <identifier>').description('a new API; its identifier is the audience'))
    .option(
      '--scope <value>',
      'a scope it offers, optionally followed by a space and a description; repeatable',
      collect,
    )
    .action(async (identifier: string, options: CreateOptions) => {
      const context = open()
      await checkSecretFile(options)
      const settings = await settingsOf(options, inputOf(context))
      const api = await (await context.connect()).resourceServers.create({
        identifier,
        ...settings,
        ...(options.scope && { scopes: options.scope.map(parseScopeOption) }),
      })
      await presentChanged(context, api, options)
    })

  addApiSettings(apis.command('update <api>').description('change an API; what is not named stays'))
    .option('--add-scope <value>', 'a scope to add, or to give a new description; repeatable', collect)
    .option('--remove-scope <value>', 'a scope to remove; repeatable', collect)
    .action(async (id: string, options: UpdateOptions) => {
      const context = open()
      await checkSecretFile(options)
      const settings = await settingsOf(options, inputOf(context))
      const { resourceServers } = await context.connect()
      const scopes = options.addScope || options.removeScope
      const change = {
        ...settings,
        ...(scopes && { scopes: changedScopes((await resourceServers.get(id)).scopes, options) }),
      }
      await presentChanged(context, await resourceServers.update(id, requireChange(change)), options)
    })

  apis
    .command('delete <api...>')
    .description('delete APIs with their client grants; - reads ids from standard input')
    .action(async (ids: string[]) => {
      const context = open()
      const { resourceServers } = await context.connect()
      await deleteObjects(context, 'API', ids, resourceServers)
    })
}

function inputOf({ terminal, asker }: CommandContext) {
  return { input: terminal.input, asker }
}

/** The answer to a change may hold a secret that was made for it, which is shown only now. */
async function presentChanged(
  context: CommandContext,
  { signing_secret, ...api }: ResourceServer,
  options: SecretOptions & { signingSecretFile?: string },
): Promise<void> {
  if (signing_secret === undefined || options.signingSecretFile !== undefined) {
    context.present(api, () => details(api))
    return
  }
  await showOnce(context, { name: 'signing_secret', secret: signing_secret, rest: api }, options, details)
}

/** A scope holds no space (RFC 6749 §3.3), so the first one ends it. */
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
    ['token format', api.token_format],
    ['status list', api.token_status_list ? 'published' : 'none'],
    ['proof of possession', proofInWords(api)],
    ['policies', api.enforce_policies ? 'enforced' : 'not enforced'],
    ['clients', api.subject_type_authorization?.client?.policy ?? 'require_client_grant'],
    ['token lifetime', `${api.token_lifetime} s`],
    ['token encryption', encryptionInWords(api)],
    ["rules' scopes", api.rule_scopes],
    ['system', api.is_system ? 'yes: it cannot be changed' : 'no'],
  ])
}

function proofInWords({ proof_of_possession: proof }: ResourceServer): string {
  if (!proof) return 'where a client brings one'
  const by = proof.mechanism === 'mtls' ? 'a certificate' : 'DPoP'
  return proof.required ? `required, by ${by}` : `by ${by}, where a client brings it`
}

function encryptionInWords({ token_encryption: encryption }: ResourceServer): string {
  if (!encryption) return 'none'
  const { alg, kid } = encryption.encryption_key
  return kid === undefined ? alg : `${alg}, key ${kid}`
}
