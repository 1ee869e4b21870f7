/** `tallystick keys`: the keys that sign the tenant's tokens. */
import {
  keyAlgorithms,
  type RotationQuery,
  type SigningKey,
} from '@tallystick/management-api/contract/signing-keys'
import { type Command, Option } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { formatDetails } from '../table.ts'
import { addIdsOption, type ListOptions, presentList } from './present-list.ts'

export function addKeysCommands(keys: Command, open: OpenContext): void {
  addExamples(keys, [
    ['tallystick keys list'],
    ['tallystick keys rotate --alg ES256', 'the next key of one algorithm begins to sign'],
    ['tallystick keys revoke KEY_ID --yes', 'ends every token that a previous key has signed'],
  ])

  addIdsOption(keys.command('list').description('all signing keys of the tenant')).action(
    async (options: ListOptions) => {
      const context = open()
      const { signingKeys } = await context.connect()
      presentList(context, options, {
        items: await signingKeys.list(),
        idOf: (key) => key.kid,
        whenEmpty: 'There is no signing key.',
        columns: [
          { title: 'Alg', cell: (key) => key.alg },
          { title: 'State', cell: stateOf },
          { title: 'Signs since', cell: (key) => key.current_since ?? '' },
          { title: 'Id', cell: (key) => key.kid },
        ],
      })
    },
  )

  keys
    .command('show <key_id>')
    .description('one signing key, with its certificate')
    .action(async (kid: string) => {
      const { connect, present } = open()
      const key = await (await connect()).signingKeys.get(kid)
      present(key, () => [...details(key), ...(key.cert?.trimEnd().split('\n') ?? [])])
    })

  keys
    .command('rotate')
    .description('the next keys begin to sign; what was signed before still verifies')
    .addOption(new Option('--alg <alg>', 'of this algorithm alone').choices(keyAlgorithms))
    .action(async (query: RotationQuery) => {
      const { connect, present, terminal } = open()
      const { signingKeys } = await connect()
      const { kid } = await signingKeys.rotate(query)
      if (!query.alg)
        terminal.say('The next keys of all algorithms sign now; `tallystick keys list` shows them.')
      const key = await signingKeys.get(kid)
      present(key, () => details(key))
    })

  keys
    .command('revoke <key_id>')
    .description('tokens that this previous key has signed are worth nothing from now on')
    .action(async (kid: string) => {
      const { connect, asker, present } = open()
      const { signingKeys } = await connect()
      await asker.confirm(`End every token that was signed with ${kid}?`)
      const revoked = await signingKeys.revoke(kid)
      present(revoked, () => formatDetails([['revoked', revoked.kid]]))
    })
}

function stateOf(key: SigningKey): string {
  if (key.current) return 'current'
  if (key.next) return 'next'
  return key.revoked ? 'revoked' : 'previous'
}

function details(key: SigningKey): string[] {
  return formatDetails([
    ['id', key.kid],
    ['algorithm', key.alg],
    ['state', stateOf(key)],
    ['signs since', key.current_since ?? ''],
    ['signed until', key.current_until ?? ''],
    ['revoked', key.revoked_at ?? ''],
    ['fingerprint', key.fingerprint ?? ''],
  ])
}
