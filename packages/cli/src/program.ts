/**
 * The program's shape: global options, and one noun after the other. A noun's file is loaded when the
 * arguments name it and not before, so that help and errors appear at once.
 */
import { Command } from 'commander'
import type { OpenContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import { addHelpCommand } from './help-topics.ts'

/** Adds the verbs of a noun, or the action of a verb that needs no noun. */
type AddCommands = (noun: Command, open: OpenContext) => void

interface Noun {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<AddCommands>
}

const nouns: readonly Noun[] = [
  {
    name: 'serve',
    summary: 'start the server on this machine',
    load: async () => (await import('./commands/serve.ts')).addServeCommand,
  },
  {
    name: 'doctor',
    summary: 'check the way from here to a token, and say what to do where it breaks',
    load: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  },
  {
    name: 'login',
    summary: 'remember a server and the client to sign in with',
    load: async () => (await import('./commands/login.ts')).addLoginCommand,
  },
  {
    name: 'logout',
    summary: 'forget what login remembered',
    load: async () => (await import('./commands/login.ts')).addLogoutCommand,
  },
  {
    name: 'apis',
    summary: 'resource servers: the APIs that accept your tokens',
    load: async () => (await import('./commands/apis.ts')).addApisCommands,
  },
  {
    name: 'clients',
    summary: 'the programs that get tokens',
    load: async () => (await import('./commands/clients.ts')).addClientsCommands,
  },
  {
    name: 'grants',
    summary: 'client grants: which client may have which scopes of which API',
    load: async () => (await import('./commands/grants.ts')).addGrantsCommands,
  },
  {
    name: 'trust',
    summary: 'other issuers, whose tokens prove clients',
    load: async () => (await import('./commands/trust.ts')).addTrustCommands,
  },
  {
    name: 'rules',
    summary: 'JavaScript that runs at each token request',
    load: async () => (await import('./commands/rules.ts')).addRulesCommands,
  },
  {
    name: 'import',
    summary: 'what another service exported',
    load: async () => (await import('./commands/import.ts')).addImportCommands,
  },
  {
    name: 'logs',
    summary: 'what happened, and what is happening',
    load: async () => (await import('./commands/logs.ts')).addLogsCommands,
  },
  {
    name: 'streams',
    summary: 'where the log is sent on to',
    load: async () => (await import('./commands/streams.ts')).addStreamsCommands,
  },
  {
    name: 'stats',
    summary: 'how many tokens were issued, per client, API and day',
    load: async () => (await import('./commands/stats.ts')).addStatsCommand,
  },
  {
    name: 'token',
    summary: 'get a token, or look into one',
    load: async () => (await import('./commands/token.ts')).addTokenCommands,
  },
  {
    name: 'tokens',
    summary: 'end tokens before they expire',
    load: async () => (await import('./commands/tokens.ts')).addTokensCommands,
  },
  {
    name: 'keys',
    summary: 'the keys that sign tokens',
    load: async () => (await import('./commands/keys.ts')).addKeysCommands,
  },
  {
    name: 'settings',
    summary: 'the settings of the tenant',
    load: async () => (await import('./commands/settings.ts')).addSettingsCommands,
  },
  {
    name: 'tenants',
    summary: 'the issuers that one server has',
    load: async () => (await import('./commands/tenants.ts')).addTenantsCommands,
  },
]

export interface ProgramDeps {
  readonly version: string
  readonly arguments: readonly string[]
  readonly writeOut: (text: string) => void
  readonly writeErr: (text: string) => void
  /** What opens the context of a command once the program has parsed its options. */
  readonly loadContext: (program: Command) => Promise<OpenContext>
}

export async function createProgram(deps: ProgramDeps): Promise<Command> {
  const program = new Command('tallystick')
  program
    .description(
      'The command line of Tallystick, a self-hosted programmable machine-to-machine token service.',
    )
    .version(deps.version, '--version', 'print the version')
    .option('--url <origin>', 'the server, such as http://localhost:8420')
    .option('--json', 'print JSON, of a shape that stays')
    .option('--yes', 'answer yes where a command asks before it destroys')
    .option('--no-input', 'never ask: fail where something is missing')
    .option('--no-color', 'print without colours')
    .option('--debug', 'show each HTTP exchange, with secrets masked')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    // What went wrong is told in three lines, at the one place where every failure ends.
    .configureOutput({ writeOut: deps.writeOut, writeErr: deps.writeErr, outputError: () => {} })
  addExamples(program, [
    ['tallystick apis list', 'beside a server in ./data nothing needs to be set up'],
    ['tallystick token get', 'a token of the starter, decoded'],
    ['tallystick logs tail', 'what rules print, while they run'],
  ])
  program.addHelpText('after', '\nMore: tallystick help exit-codes, tallystick help profile')
  for (const { name, summary, load } of nouns) {
    const noun = program.command(name).description(summary).helpCommand(false)
    if (!deps.arguments.includes(name)) continue
    const addCommands = await load()
    addCommands(noun, await deps.loadContext(program))
  }
  addHelpCommand(program, deps.writeOut)
  return program
}
