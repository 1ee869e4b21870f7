/** `tallystick import`: what another service exported, brought into the tenant. */
import type { Command } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { type ImportOptions, importFromAuth0 } from './import-auth0.ts'

export function addImportCommands(noun: Command, open: OpenContext): void {
  addExamples(noun, [
    ['tallystick import auth0 ./export --dry-run', 'what would be done, and what will behave differently'],
    ['tallystick import auth0 ./export --rule-secrets secrets.json --credentials-out clients.json'],
    ['tallystick import auth0 tenant.yaml --mapping config.json --dry-run --json'],
  ])

  noun
    .command('auth0 <path>')
    .description('an export of the deploy tool: its folder, or its tenant.yaml')
    .option('--dry-run', 'print the plan and the report, and change nothing')
    .option(
      '--mapping <file>',
      'values of the keywords ##NAME## and @@NAME@@: a JSON object, or the configuration of the tool',
    )
    .option(
      '--rule-secrets <file>',
      'secrets of Hooks and Actions, as JSON (mode 0600); - reads standard input',
    )
    .option('--replace-secrets', 'also replace secrets of rules that are here already')
    .option('--credentials-out <file>', 'write the secrets that are made to this file (mode 0600)')
    .action(async (path: string, options: ImportOptions) => importFromAuth0(open(), path, options))
}
