/** `tallystick tokens`: revoking tokens before they expire. */
import { type Connection, ManagementApiError } from '@tallystick/management-api/connect'
import type { Revocation, RevocationToCreate } from '@tallystick/management-api/contract/revocations'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { readText } from '../secret-input.ts'
import { formatDetails } from '../table.ts'
import { addIdsOption, allPages, type ListOptions, presentList } from './present-list.ts'

interface RevokeOptions {
  readonly jti?: string
  readonly tokenFile?: string
  readonly client?: string
  readonly ruleVersion?: string
}

export function addTokensCommands(tokens: Command, open: OpenContext): void {
  addExamples(tokens, [
    [
      'tallystick tokens revoke --jti JTI --yes',
      'one token; its jti is the id of the log entry of its issue',
    ],
    ['tallystick tokens revoke --token-file - --yes < token', 'a token that somebody found'],
    ['tallystick tokens revoke --client CLIENT_ID --yes', 'all that a client was given so far'],
    ['tallystick tokens revoke --rule-version ID --yes', 'all that a version of a rule shaped so far'],
    ['tallystick tokens revoked'],
  ])

  tokens
    .command('revoke')
    .description('revoke tokens that were issued so far; later ones are not affected')
    .addOption(new Option('--jti <jti>', 'this token').conflicts(['tokenFile', 'client', 'ruleVersion']))
    .addOption(
      new Option('--token-file <file>', 'the token in this file; - for standard input').conflicts([
        'client',
        'ruleVersion',
      ]),
    )
    .addOption(new Option('--client <client_id>', 'the tokens of this client').conflicts('ruleVersion'))
    .option('--rule-version <id>', 'the tokens that this version of a rule shaped')
    .action(async (options: RevokeOptions) => {
      const { connect, asker, present, terminal } = open()
      const { tokenFile } = options
      const token = tokenFile === undefined ? undefined : await readText(tokenFile, terminal.input)
      const body = subjectFrom(options, token?.trim())
      const { revocations, logs } = await connect()
      await asker.confirm(`End ${inWords(body)} now?`)
      const revoked = await revocations.create(body)
      if (body.jti !== undefined && (await isUnheardOf(logs, body.jti))) {
        terminal.say(`The log knows of no token with the jti ${body.jti}: see that it is not misspelt.`)
      }
      present(revoked, () =>
        formatDetails([
          ['revoked', inWords(revoked)],
          ['issued until', revoked.revoked_at],
        ]),
      )
    })

  addIdsOption(
    tokens.command('revoked').description('what was revoked and may not have expired; latest first'),
  ).action(async (options: ListOptions) => {
    const context = open()
    const connection = await context.connect()
    const items = await allPages(async (page) => {
      const { total, revocations } = await connection.revocations.list(page)
      return { total, items: revocations }
    })
    presentList(context, options, {
      items,
      idOf: nameOf,
      whenEmpty: 'Nothing is revoked.',
      columns: [
        { title: 'Revoked', cell: kindOf },
        { title: 'Issued until', cell: ({ revoked_at }) => revoked_at },
        { title: 'Id', cell: nameOf },
      ],
    })
  })
}

function subjectFrom(
  { jti, client, ruleVersion }: RevokeOptions,
  token: string | undefined,
): RevocationToCreate {
  if (jti !== undefined) return { jti }
  if (token !== undefined) return { token }
  if (client !== undefined) return { client_id: client }
  if (ruleVersion !== undefined) return { rule_version_id: ruleVersion }
  throw new Failure('usage', {
    what: 'Which tokens?',
    why: 'Nothing says what is to be revoked.',
    todo: 'Add --jti JTI, --token-file FILE, --client CLIENT_ID or --rule-version ID.',
  })
}

/** A token that nobody can name is ended like any other: the server keeps no list of all that it has issued. */
async function isUnheardOf(logs: Connection['logs'], jti: string): Promise<boolean> {
  try {
    await logs.get(jti)
    return false
  } catch (error) {
    if (error instanceof ManagementApiError) return error.status === 404
    throw error
  }
}

function inWords(subject: RevocationToCreate): string {
  if (subject.client_id !== undefined) return `all tokens of the client ${subject.client_id}`
  if (subject.rule_version_id !== undefined) {
    return `all tokens that the rule version ${subject.rule_version_id} shaped`
  }
  return subject.jti === undefined ? 'this token' : `the token ${subject.jti}`
}

function kindOf(revocation: Revocation): string {
  if (revocation.client_id !== undefined) return 'tokens of a client'
  return revocation.rule_version_id === undefined ? 'a token' : 'tokens of a rule version'
}

function nameOf({ jti, client_id, rule_version_id }: Revocation): string {
  return jti ?? client_id ?? rule_version_id ?? ''
}
