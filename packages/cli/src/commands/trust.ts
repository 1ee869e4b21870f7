/** `tallystick trust`: issuers whose tokens authenticate clients, and which client a token would stand for. */
import { existsSync } from 'node:fs'
import { type Connection, ManagementApiError } from '@tallystick/management-api/connect'
import type { TrustedIssuer } from '@tallystick/management-api/contract/trusted-issuers'
import type { Command } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { neutralLine } from '../neutral-text.ts'
import { readText } from '../secret-input.ts'
import { formatDetails, formatTable } from '../table.ts'
import { requireChange } from './change-named.ts'
import { deleteObjects } from './delete-objects.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'
import { addTrustOptions, type TrustOptions, trustFrom } from './trust-options.ts'

interface UpdateOptions extends TrustOptions {
  readonly discovery?: true
}

interface ExplainOptions {
  readonly client?: string
  readonly api?: string
}

export function addTrustCommands(trust: Command, open: OpenContext): void {
  addExamples(trust, [
    [
      "tallystick trust create github https://token.actions.githubusercontent.com --client CLIENT_ID --sub 'repo:acme@65/app@74:*'",
    ],
    ['tallystick trust update TRUSTED_ISSUER_ID --client CLIENT_ID --claim repository_id=74', 'adds a match'],
    ['tallystick trust explain - < token', 'which client it stands for, or why none'],
  ])

  addIdsOption(trust.command('list').description('all issuers that the tenant trusts')).action(
    async (options: ListOptions) => {
      const context = open()
      const { trustedIssuers } = await context.connect()
      presentList(context, options, {
        items: await trustedIssuers.list(),
        idOf: ({ id }) => id,
        whenEmpty: 'No other issuer is trusted yet: tallystick trust create --help',
        columns: [
          { title: 'Name', cell: ({ name }) => name },
          { title: 'Issuer', cell: ({ issuer }) => issuer, shrinks: true },
          { title: 'Matches', cell: ({ matches }) => String(matches.length) },
          { title: 'Id', cell: ({ id }) => id },
        ],
      })
    },
  )

  trust
    .command('show <trusted_issuer_id>')
    .description('one trusted issuer, with its matches and its rule')
    .action(async (id: string) => {
      const { connect, present } = open()
      const shown = await (await connect()).trustedIssuers.get(id)
      present(shown, () => details(shown))
    })

  addTrustOptions(
    trust
      .command('create <name> <issuer>')
      .description('trust the tokens of this iss, or of spiffe://DOMAIN'),
  ).action(async (name: string, issuer: string, options: TrustOptions) => {
    const context = open()
    const { name: _, ...body } = await trustFrom(options, context.terminal.input, [])
    const made = { ...body, name, issuer }
    const connection = await context.connect()
    const created = await connection.trustedIssuers.create(withoutNull(made))
    context.present(created, () => details(created))
    await tellOtherMethod(context, connection, options.client)
  })

  addTrustOptions(
    trust.command('update <trusted_issuer_id>').description('change what is trusted; --client adds a match'),
  )
    .option('--name <name>', 'a name for people')
    .option('--discovery', 'find its keys by its discovery document again')
    .option('--no-require-jti', 'accept tokens without a jti')
    .option('--no-rule', 'remove the rule')
    .action(async (id: string, options: UpdateOptions) => {
      const context = open()
      const connection = await context.connect()
      const { trustedIssuers } = connection
      const stored = await trustedIssuers.get(id)
      const body = await trustFrom(options, context.terminal.input, stored.matches)
      const sent = options.discovery ? { ...body, jwks_uri: null, jwks: null } : body
      const changed: TrustedIssuer = await trustedIssuers.update(id, requireChange(sent))
      context.present(changed, () => details(changed))
      await tellOtherMethod(context, connection, options.client)
    })

  trust
    .command('delete <trusted_issuer_id...>')
    .description('stop trusting issuers; - reads ids from standard input')
    .action(async (ids: string[]) => {
      const context = open()
      const { trustedIssuers } = await context.connect()
      await deleteObjects(context, 'trusted issuer', ids, trustedIssuers)
    })

  trust
    .command('explain <token>')
    .description(
      'which client a token stands for, or why none; a file, or - for standard input. It is not used up',
    )
    .option('--client <client_id>', 'as the request would name it')
    .option('--api <audience>', 'the API that the request would be for')
    .action(async (token: string, options: ExplainOptions) => {
      const context = open()
      const text = await readToken(context, token)
      await explain(context, await context.connect(), text, options)
    })
}

/** A match only counts for a client of the method `federated_jwt`, but may be made before the client is changed. */
async function tellOtherMethod(
  { terminal }: CommandContext,
  { clients }: Connection,
  clientId: string | undefined,
): Promise<void> {
  if (clientId === undefined) return
  const client = await clients.get(clientId).catch((error: unknown) => {
    // An operator who may not read clients learns it from `explain`.
    if (error instanceof ManagementApiError) return undefined
    throw error
  })
  if (client === undefined || client.token_endpoint_auth_method === 'federated_jwt') return
  terminal.say(
    `The client ${neutralLine(client.name)} still authenticates in another way, so these tokens do not count for it yet: tallystick clients update ${neutralLine(clientId)} --auth-method federated_jwt`,
  )
}

// A new issuer has nothing that null could remove.
function withoutNull<Body extends { jwks_uri?: string | null; jwks?: object | null }>(body: Body) {
  const { jwks_uri, jwks, ...others } = body
  return { ...others, ...(jwks_uri && { jwks_uri }), ...(jwks && { jwks }) } as Omit<
    Body,
    'jwks_uri' | 'jwks'
  > & {
    jwks_uri?: NonNullable<Body['jwks_uri']>
    jwks?: NonNullable<Body['jwks']>
  }
}

const tokenForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/**
 * A token is as good as a secret until it expires, and arguments are visible to others and kept in the shell's
 * history.
 */
async function readToken({ terminal }: CommandContext, given: string): Promise<string> {
  if (given === '-' || !tokenForm.test(given) || existsSync(given)) {
    const text = await readText(given, terminal.input)
    const token = text.trim()
    // A request must hold the token alone, with nothing around it.
    if (token !== text) {
      terminal.say('There is a line break or a space around the token: a request that has it is refused.')
    }
    return token
  }
  terminal.say(
    'The token came as an argument, which others on this machine and the history of the shell may see: give a file, or - for standard input.',
  )
  return given
}

async function explain(
  { present }: CommandContext,
  { trustedIssuers }: Connection,
  token: string,
  { client, api }: ExplainOptions,
): Promise<void> {
  const explained = await trustedIssuers.explain({
    token,
    ...(client !== undefined && { client_id: client }),
    ...(api !== undefined && { audience: api }),
  })
  const { client_id, steps } = explained
  present(explained, () => [
    client_id === null
      ? 'This token proves no client.'
      : `This token is the client ${neutralLine(client_id)}.`,
    '',
    ...formatTable(
      [
        { title: 'Step', cell: ({ step }) => step },
        { title: 'Outcome', cell: ({ outcome }) => outcome },
        { title: 'Why', cell: ({ detail }) => detail },
      ],
      steps,
    ),
  ])
}

function details(trusted: TrustedIssuer): string[] {
  return formatDetails([
    ['id', trusted.id],
    ['name', trusted.name],
    ['issuer', trusted.issuer],
    ['keys', trusted.jwks_uri ?? (trusted.jwks ? `${trusted.jwks.keys.length} given` : 'by discovery')],
    ['audiences', trusted.audiences.join('\n') || 'the issuer of this tenant'],
    ['algorithms', trusted.algorithms.join(' ')],
    ['lifetime', `${trusted.max_token_lifetime} seconds at most`],
    ['jti', trusted.require_jti ? 'required' : 'not required'],
    ['reuse', trusted.token_reuse],
    ['matches', trusted.matches.map(matchInWords).join('\n') || 'none'],
    ['rule', trusted.trust_rule ?? 'none'],
  ])
}

function matchInWords({ client_id, sub, claims }: TrustedIssuer['matches'][number]): string {
  const asked = [sub === undefined ? [] : [`sub ${sub}`], claims ? [JSON.stringify(claims)] : []].flat()
  return `${client_id}: ${asked.join(' and ')}`
}
