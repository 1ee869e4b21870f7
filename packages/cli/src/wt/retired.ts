/** What the public client could do and this one does not: each says what to do instead. */
import { type Command, Option } from 'commander'
import { WtFailure } from './wt-failure.ts'

const commands = {
  cron: 'Scheduled webtasks are not offered: a rule runs at each token request. Use the scheduler of your own system.',
  serve: 'A rule runs in the server: start one with tallystick serve and upload the rule to it.',
  debug: 'A rule runs in the server: print what you want to know and follow it with wt logs.',
  edit: 'There is no editor in the browser. Get the code with wt inspect NAME --fetch-code, and send it with wt update.',
  browse: 'A rule has no page of its own: it runs at each token request.',
  modules:
    'Modules are installed with the rule that needs them: --meta wt-node-dependencies={"lodash":"4.17.21"} with wt create.',
}

export function addRetiredCommands(program: Command): void {
  for (const [name, instead] of Object.entries(commands)) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new WtFailure('usage', `wt ${name} is not offered. ${instead}`)
      })
  }
}

const modules =
  'is not offered: name what the rule needs, in exact versions, with --meta wt-node-dependencies={"lodash":"4.17.21"}.'
const flags = [
  ['-d, --dependency <name@version>', modules],
  ['--middleware <spec>', 'is not offered: a rule is called with its five arguments and by nothing else.'],
  ['-b, --bundle', modules],
  ['--bundle-minify', modules],
  ['--bundle-strict', modules],
] as const
/** They changed nothing at the end, or are about what is not done here anyway. */
const ignored = ['--ignore-package-json', '--no-parse', '--prod']

export function addRetiredFlags(command: Command): void {
  for (const [name, why] of flags) {
    const option = new Option(name).hideHelp()
    command.addOption(option)
    command.hook('preAction', () => {
      if (command.getOptionValue(option.attributeName()) !== undefined) {
        throw new WtFailure('usage', `${option.long} ${why}`)
      }
    })
  }
  for (const name of ignored) command.addOption(new Option(name).hideHelp())
}
