/** The commands of `wt` and their flags: those of the public client, and ours beside them. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { create } from './commands/create.ts'
import { init } from './commands/init.ts'
import { inspect } from './commands/inspect.ts'
import { list } from './commands/list.ts'
import { logs } from './commands/logs.ts'
import { getProfile, listProfiles, removeAllProfiles, removeProfile } from './commands/profiles.ts'
import { remove, revoke } from './commands/remove.ts'
import { update } from './commands/update.ts'
import { addRetiredCommands, addRetiredFlags } from './retired.ts'
import type { WtContext } from './wt-context.ts'
import { wtEndings } from './wt-failure.ts'

export interface WtProgramDeps {
  readonly version: string
  readonly context: WtContext
  readonly writeOut: (text: string) => void
  readonly writeErr: (text: string) => void
}

export function createWtProgram({ version, context, writeOut, writeErr }: WtProgramDeps): Command {
  const program = new Command('wt')
    .description(
      'Manage the rules of a Tallystick container, with the commands of the public webtask client.',
    )
    .version(version, '-v, --version', 'print the version')
    .option('--no-color', 'print without colours')
    // `wt -v` is the version, `wt logs -v` is verbose.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut, writeErr })
    .showSuggestionAfterError()
    .addHelpText('after', examples)
  addProfileCommands(program, context)
  addUploadCommands(program, context)
  addReadCommands(program, context)
  addTokenCommands(program, context)
  addRetiredCommands(program)
  return program
}

function addProfileCommands(program: Command, context: WtContext): void {
  const addInit = (parent: Command) =>
    output(serverFlags(parent.command('init')))
      .description('remember a server, its container and its management token')
      .option('--token-file <file>', 'read the token from a file, or from standard input with -')
      .option('--yes', 'overwrite a profile of the same name without asking')
      .action((flags) => init(context, flags))
  addInit(program)
  const profile = program.command('profile').description('manage the profiles of this machine')
  addInit(profile)
  output(profile.command('ls'))
    .description('list the profiles')
    .option('-d, --details', 'show more details')
    .option('--show-token', 'show the tokens')
    .action((flags) => listProfiles(context, flags))
  output(profile.command('get'))
    .description('show one profile')
    .argument('[profile]', 'its name')
    .option('-d, --details', 'show more details')
    .option('-f, --field <name>', 'show only this field: url, container or token')
    .option('--show-token', 'show the token')
    .action((name, flags) => getProfile(context, name, flags))
  profile
    .command('rm')
    .description('remove one profile')
    .argument('<profile>', 'its name')
    .action((name) => removeProfile(context, name))
  profile
    .command('nuke')
    .description('remove all profiles and their tokens')
    .option('-f, --force', 'do not ask')
    .option('--yes', 'do not ask')
    .action((flags) => removeAllProfiles(context, flags))
}

function addUploadCommands(program: Command, context: WtContext): void {
  const createCommand = output(serverFlags(program.command('create')))
    .description('create a webtask, or replace one with all that belongs to it')
    .argument('[file_or_url]', 'its code; without it, or with -, standard input')
    .option(
      '-s, --secret <key=value>',
      'a secret; seen by other users of this machine, so prefer a file',
      collect,
      [],
    )
    .option('--secrets-file <file>', 'secrets, one KEY=VALUE a line; - for standard input')
    .option('--param <key=value>', 'a parameter that is not secret', collect, [])
    .option('--meta <key=value>', 'metadata, which also says that and how it is a rule', collect, [])
    .option('--meta-file <file>', 'metadata, one KEY=VALUE a line; - for standard input')
    .option('-n, --name <name>', 'its name; without it, that of the file')
    .option('--no-merge', 'do not merge the body into context.webtask.data')
    .option('--parse-body', 'kept and told again; a rule gets no body')
    .option('--host <host>', 'kept and told again')
    .option('--capture', 'download the code of a URL (always done)')
    .option('--show-token', 'show its token')
    .option('-w, --watch', 'upload again each time the file changes')
    .action((spec, flags) => create(context, spec, flags))
  addRetiredFlags(createCommand)
  const updateCommand = output(serverFlags(program.command('update')))
    .description('change the code, secrets or metadata of a webtask and keep the rest')
    .argument('<name>', 'its name')
    .argument('[file_or_url]', 'its new code; - for standard input')
    .option('-s, --secret <key=value>', 'add or replace a secret; prefer a file', collect, [])
    .option('--secrets-file <file>', 'secrets to add or replace; - for standard input')
    .option('--remove-secret <key>', 'remove a secret', collect, [])
    .option('--meta <key=value>', 'add or replace metadata', collect, [])
    .option('--remove-meta <key>', 'remove metadata', collect, [])
    .option('--capture', 'download the code of a URL (always done)')
    .option('--show-token', 'show its token')
    .option('-w, --watch', 'upload again each time the file changes')
    .action((name, spec, flags) => update(context, name, spec, flags))
  addRetiredFlags(updateCommand)
}

function addReadCommands(program: Command, context: WtContext): void {
  output(serverFlags(program.command('ls')))
    .description('list the webtasks')
    .option('--offset <number>', 'leave out this many', count, 0)
    .option('--limit <number>', 'show at most this many', count, 100)
    .option('--meta <key=value>', 'only those with this metadata', collect, [])
    .option('-d, --details', 'show more details')
    .option('--verbose', 'show their metadata')
    .option('--show-token', 'show their tokens')
    .action((flags) => list(context, flags))
  addInspect(program, context)
  output(serverFlags(program.command('rm')))
    .description('remove a webtask')
    .argument('<name>', 'its name')
    .option('-s, --silent', 'print nothing')
    .action((name, flags) => remove(context, name, flags))
  output(serverFlags(program.command('logs')))
    .description('show what rules print, as it is printed; Ctrl-C ends it')
    .option('-v, --verbose', 'show version, client and request of each line')
    .option('-r, --raw', 'one JSON record a line, like --json')
    .option('--rule <name>', 'only lines of this rule')
    .action((flags) => logs(context, flags))
}

function addInspect(parent: Command, context: WtContext): void {
  output(serverFlags(parent.command('inspect')))
    .description('show one webtask')
    .argument('<subject>', 'its name or its token')
    .option('--decrypt', 'show its secrets')
    .option('--fetch-code', 'show its code')
    .action((subject, flags) => inspect(context, subject, flags))
}

function addTokenCommands(program: Command, context: WtContext): void {
  const token = program.command('token').description('inspect and revoke webtask tokens')
  addInspect(token, context)
  output(serverFlags(token.command('revoke')))
    .description('revoke a token; the webtask it belongs to is removed')
    .argument('<token>', 'the token')
    .action((subject, flags) => revoke(context, subject, flags))
}

function serverFlags(command: Command): Command {
  return command
    .option('-p, --profile <name>', 'the profile to use')
    .option('-c, --container <name>', 'another container than the profile has')
    .option('--url <url>', 'another server than the profile has')
    .option('--token <token>', 'another management token than the profile has')
}

function output(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'the output format').choices(['json']))
    .option('--json', 'the same as -o json')
}

function collect(text: string, earlier: readonly string[]): string[] {
  return [...earlier, text]
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 0 on.')
}

const examples = `
Examples:
  $ wt init --url http://localhost:8420 --container demo --token-file token.txt
  $ wt create myrule.js --meta auth0-extension=runtime --meta auth0-extension-name=credentials-exchange --secrets-file secrets.env
  $ wt update myrule --secrets-file more.env --remove-secret OLD
  $ wt logs --rule myrule

Exit codes:
${Object.values(wtEndings)
  .map(({ code, meaning }) => `  ${String(code).padStart(2)}  ${meaning}`)
  .join('\n')}
`
