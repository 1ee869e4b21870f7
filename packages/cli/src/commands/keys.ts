/** `tallystick keys`: the keys that sign the tenant's tokens. */
import {
  keyAlgorithms,
  type RevocationQuery,
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
    [
      'tallystick keys revoke KEY_ID --emergency',
      'revokes even the key that signs; the next one signs at once',
    ],
  ])

  addIdsOption(keys.command('list').description('all signing keys of the tenant')).action(
    async (options: ListOptions) => {
      const context = open()
      const { signingKeys } = await context.connect()
      presentList(context, options, {
        items: (await signingKeys.list()).toSorted(byAlgorithmAndState),
        idOf: (key) => key.kid,
        whenEmpty: 'There is no signing key.',
        columns: [
          { title: 'Alg', cell: (key) => key.alg },
          { title: 'State', cell: stateOf },
          { title: 'Signs from', cell: (key) => toMinute(key.current_since) },
          { title: 'Until', cell: (key) => toMinute(key.current_until) },
          { title: 'In the key set until', cell: (key) => toMinute(key.published_until ?? key.revoked_at) },
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
    .description(
      'the next keys begin to sign, as soon as verifiers have been shown them for five minutes; what was signed before still verifies',
    )
    .addOption(new Option('--alg <alg>', 'only the keys of this algorithm').choices(keyAlgorithms))
    .action(async (query: RotationQuery) => {
      const { connect, present, terminal } = open()
      const { signingKeys } = await connect()
      const { kid, current_since } = await signingKeys.rotate(query)
      const key = await signingKeys.get(kid)
      if (key.next) {
        terminal.say(
          `The key signs from ${current_since} on: until then a verifier may keep a key set that lacks it.`,
        )
      }
      if (!query.alg) {
        terminal.say('The keys of all algorithms were rotated; `tallystick keys list` shows them.')
      }
      present(key, () => details(key))
    })

  keys
    .command('revoke <key_id>')
    .description('revoke a previous key; tokens that it signed no longer count')
    .option(
      '--emergency',
      'revoke any key; if it is the one that signs, the next one takes its place at once',
    )
    .action(async (kid: string, query: RevocationQuery) => {
      const { connect, asker, present } = open()
      const { signingKeys } = await connect()
      await asker.confirm(`End every token that was signed with ${kid}?`)
      const revoked = await signingKeys.revoke(kid, query)
      present(revoked, () =>
        formatDetails([
          ['revoked', revoked.kid],
          ['signs in its place', revoked.successor ?? ''],
        ]),
      )
    })
}

const states = ['current', 'next', 'previous', 'revoked', 'ended']

/** What signs comes first, then what comes next; within a state the youngest first. */
function byAlgorithmAndState(one: SigningKey, other: SigningKey): number {
  return (
    one.alg.localeCompare(other.alg) ||
    states.indexOf(stateOf(one)) - states.indexOf(stateOf(other)) ||
    (other.current_since ?? '').localeCompare(one.current_since ?? '')
  )
}

function stateOf(key: SigningKey): string {
  if (key.current) return 'current'
  if (key.next) return 'next'
  if (key.ended) return 'ended'
  return key.revoked ? 'revoked' : 'previous'
}

function details(key: SigningKey): string[] {
  return formatDetails([
    ['id', key.kid],
    ['algorithm', key.alg],
    ['state', stateOf(key)],
    ['signs from', key.current_since ?? ''],
    ['until', key.current_until ?? ''],
    ['in the key set until', key.published_until ?? ''],
    ['revoked', key.revoked_at ?? ''],
    ['fingerprint', key.fingerprint ?? ''],
  ])
}

/** Seconds and their fractions are in the details. */
function toMinute(moment = ''): string {
  return moment.replace(/:\d\d\.\d{3}Z$/, 'Z')
}
