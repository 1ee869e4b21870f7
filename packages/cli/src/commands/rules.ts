/** `tallystick rules`: looking at rules and arranging them. Their code and secrets are in `upload-rule.ts`. */
import type { Rule, RuleVersion } from '@tallystick/management-api/contract/pipeline'
import type { Command } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { deleteObjects } from './delete-objects.ts'
import { findRuleId, findRuleIds, pickRuleId } from './find-rule.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'
import { ruleDetails } from './rule-details.ts'
import { addRunCommand } from './rule-run.ts'
import { addUploadCommands } from './upload-rule.ts'

export function addRulesCommands(rules: Command, open: OpenContext): void {
  addExamples(rules, [
    ['tallystick rules list'],
    ['tallystick rules run add-plan.js', 'on this machine, without a server'],
    ['tallystick rules create add-plan add-plan.js --secrets-file .env'],
    ['tallystick rules update add-plan add-plan.js', 'a new version; its secrets stay'],
    ['tallystick rules order check-plan add-plan', 'these run first, the others follow'],
  ])
  addIdsOption(rules.command('list').description('all rules, in the order in which they run')).action(
    async (options: ListOptions) => {
      const context = open()
      const items = await (await context.connect()).rules.list()
      presentList(context, options, {
        items,
        idOf: (rule) => rule.id,
        whenEmpty: 'There is no rule yet: tallystick rules create --help',
        columns: ruleColumns,
      })
    },
  )

  rules
    .command('show <rule>')
    .description('one rule, by its name or id; its secrets by name only')
    .option('--code', 'print the code alone')
    .action(async (nameOrId: string, { code }: { code?: true }) => {
      const { connect, present, terminal, json } = open()
      const connection = await connect()
      const rule = await connection.rules.get(await findRuleId(connection, nameOrId))
      // Byte for byte, for a file or a pipe.
      if (code && !json) terminal.print(rule.code.replace(/\n$/, ''))
      else present(rule, () => ruleDetails(rule))
    })

  addUploadCommands(rules, open)
  addRunCommand(rules, open)
  addSwitch(rules, open, { verb: 'enable', description: 'let rules run', enabled: true })
  addSwitch(rules, open, { verb: 'disable', description: 'keep rules from running', enabled: false })
  addOrder(rules, open)
  addVersions(rules, open)

  rules
    .command('delete <rule...>')
    .description('delete rules with their secrets; - reads ids or names from standard input')
    .action(async (namesOrIds: string[]) => {
      const context = open()
      const connection = await context.connect()
      await deleteObjects(context, 'rule', namesOrIds, {
        get: (nameOrId) => findRuleId(connection, nameOrId),
        delete: async (nameOrId) => connection.rules.delete(await findRuleId(connection, nameOrId)),
      })
    })
}

const ruleColumns = [
  { title: 'Name', cell: (rule: Rule) => rule.name },
  { title: 'Enabled', cell: (rule: Rule) => (rule.enabled ? 'yes' : 'no') },
  { title: 'Order', cell: (rule: Rule) => String(rule.order) },
  { title: 'Version', cell: (rule: Rule) => String(rule.version.number) },
  { title: 'Client', cell: (rule: Rule) => rule.client_id ?? 'every client' },
  { title: 'Door', cell: (rule: Rule) => rule.door },
  { title: 'Id', cell: (rule: Rule) => rule.id },
]

const versionColumns = [
  { title: 'Version', cell: (version: RuleVersion) => String(version.number) },
  { title: 'Active', cell: (version: RuleVersion) => (version.active ? 'yes' : '') },
  { title: 'Created', cell: (version: RuleVersion) => version.created_at },
  { title: 'Secrets', cell: (version: RuleVersion) => version.secrets.join(' ') },
  { title: 'Id', cell: (version: RuleVersion) => version.id },
]

interface Switch {
  readonly verb: string
  readonly description: string
  readonly enabled: boolean
}

function addSwitch(rules: Command, open: OpenContext, { verb, description, enabled }: Switch): void {
  rules
    .command(`${verb} <rule...>`)
    .description(description)
    .action(async (namesOrIds: string[]) => {
      const { connect, present, terminal } = open()
      const connection = await connect()
      const changed: Rule[] = []
      for (const id of await findRuleIds(connection, namesOrIds)) {
        const { code: _code, ...rule } = await connection.rules.update(id, { enabled })
        changed.push(rule)
        terminal.say(`The rule ${rule.name} is ${rule.enabled ? 'enabled' : 'disabled'}.`)
      }
      present(changed, () => [])
    })
}

function addOrder(rules: Command, open: OpenContext): void {
  rules
    .command('order <rule...>')
    .description('run these rules first, in this order; the others follow as before')
    .action(async (namesOrIds: string[]) => {
      const context = open()
      const connection = await context.connect()
      const before = (await connection.pipeline.get()).rules
      const first = namesOrIds.map((nameOrId) => pickRuleId(before, nameOrId))
      const ids = new Set([...first, ...before.map((rule) => rule.id)])
      const pipeline = await connection.pipeline.order([...ids])
      presentList(
        context,
        {},
        {
          items: pipeline.rules,
          idOf: (rule) => rule.id,
          whenEmpty: 'There is no rule.',
          columns: ruleColumns,
        },
      )
    })
}

function addVersions(rules: Command, open: OpenContext): void {
  addIdsOption(rules.command('versions <rule>').description('the versions of a rule, newest first')).action(
    async (nameOrId: string, options: ListOptions) => {
      const context = open()
      const connection = await context.connect()
      presentList(context, options, {
        items: await connection.rules.versions(await findRuleId(connection, nameOrId)),
        idOf: (version) => version.id,
        whenEmpty: 'There is no version.',
        columns: versionColumns,
      })
    },
  )
}
