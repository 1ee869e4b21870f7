/** `tallystick rules create` and `update`: code from a file, secrets from anywhere but the arguments. */
import { type Command, Option } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { Failure } from '../failure.ts'
import { readNamedSecrets, readText } from '../secret-input.ts'
import { revealSecret } from '../secret-text.ts'
import { requireChange } from './change-named.ts'
import { findRuleId } from './find-rule.ts'
import { collect, wholeNumber } from './option-values.ts'
import { ruleDetails } from './rule-details.ts'

interface UploadOptions {
  readonly secretsFile?: string
  readonly secret?: readonly string[]
  readonly order?: number
  readonly client?: string
}

interface CreateOptions extends UploadOptions {
  readonly disabled?: true
}

interface UpdateOptions extends UploadOptions {
  readonly removeSecret?: readonly string[]
  readonly allClients?: true
}

export function addUploadCommands(rules: Command, open: OpenContext): void {
  addUploadOptions(
    rules.command('create <name> <file>').description('a new rule; - reads its code from standard input'),
  )
    .option('--disabled', 'do not run it yet')
    .action(async (name: string, file: string, options: CreateOptions) => {
      const context = open()
      const { rules: ruleCalls } = await context.connect()
      const upload = await readUpload(context, file, options)
      const rule = await ruleCalls.create({
        name,
        code: upload.code ?? '',
        ...(Object.keys(upload.secrets).length > 0 && { secrets: upload.secrets }),
        ...upload.settings,
        ...(options.disabled && { enabled: false }),
      })
      context.present(rule, () => ruleDetails(rule))
    })

  addUploadOptions(
    rules
      .command('update <rule> [file]')
      .description('new code or settings; secrets that are not named stay'),
  )
    .option('--remove-secret <name>', 'a secret to remove; repeatable', collect)
    .addOption(new Option('--all-clients', 'run it for every client again').conflicts('client'))
    .action(async (nameOrId: string, file: string | undefined, options: UpdateOptions) => {
      const context = open()
      const connection = await context.connect()
      const id = await findRuleId(connection, nameOrId)
      const upload = await readUpload(context, file, options)
      const removed = Object.fromEntries((options.removeSecret ?? []).map((secret) => [secret, null]))
      const secrets = { ...removed, ...upload.secrets }
      const change = requireChange({
        ...(upload.code !== undefined && { code: upload.code }),
        ...(Object.keys(secrets).length > 0 && { secrets }),
        ...upload.settings,
        ...(options.allClients && { client_id: null }),
      })
      const rule = await connection.rules.update(id, change)
      context.present(rule, () => ruleDetails(rule))
    })
}

function addUploadOptions(command: Command): Command {
  return command
    .option('--secrets-file <file>', 'NAME=value lines or one JSON object; - reads standard input')
    .option('--secret <name>', 'ask for the value of this secret, without echo; repeatable', collect)
    .option('--order <number>', 'rules run in ascending order', wholeNumber)
    .option('--client <client_id>', 'run it for this client only')
}

interface Upload {
  readonly code: string | undefined
  readonly secrets: Record<string, string>
  readonly settings: { order?: number; client_id?: string }
}

async function readUpload(
  { terminal, asker }: CommandContext,
  file: string | undefined,
  { secretsFile, secret = [], order, client }: UploadOptions,
): Promise<Upload> {
  if (file === '-' && secretsFile === '-') {
    throw new Failure('usage', {
      what: 'Standard input cannot be both code and secrets.',
      why: 'Both were given as -.',
      todo: 'Give one of them as a file.',
    })
  }
  refuseSecretValues(secret)
  const code = file === undefined ? undefined : await readText(file, terminal.input)
  const named = await readNamedSecrets({ input: terminal.input, asker }, { path: secretsFile, names: secret })
  return {
    code,
    secrets: Object.fromEntries([...named].map(([name, value]) => [name, revealSecret(value)])),
    settings: { ...(order !== undefined && { order }), ...(client !== undefined && { client_id: client }) },
  }
}

/** The habit of `wt create --secret NAME=value` would put the value where every process sees it. */
function refuseSecretValues(names: readonly string[]): void {
  if (!names.some((name) => name.includes('='))) return
  throw new Failure('usage', {
    what: '--secret takes a name, not a value.',
    why: "Arguments are seen by every process of the machine and stay in the shell's history.",
    todo: 'Give the name alone to be asked for the value, or --secrets-file FILE. Consider that value known.',
  })
}
