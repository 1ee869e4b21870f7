/** `wt ls`: the named webtasks of a container. */
import { formatDetails } from '../../table.ts'
import type { ProfileFlags } from '../choose-profile.ts'
import type { ListedWebtask } from '../door.ts'
import { parseKeyValues } from '../key-values.ts'
import { tokenDetails } from '../token-details.ts'
import { doorFor, type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'

export interface ListFlags extends ProfileFlags, OutputFlags {
  readonly offset: number
  readonly limit: number
  readonly meta: readonly string[]
  readonly details?: boolean
  readonly verbose?: boolean
  readonly showToken?: boolean
}

export async function list(context: WtContext, flags: ListFlags): Promise<void> {
  const { terminal } = context
  const query = new URLSearchParams({ limit: String(flags.limit) })
  if (flags.offset > 0) query.set('offset', String(flags.offset))
  for (const [key, value] of Object.entries(parseKeyValues(flags.meta, '--meta'))) {
    query.append('meta', `${key}:${value}`)
  }
  const door = await doorFor(context, flags)
  const webtasks = await door.list(query)
  if (wantsJson(flags)) {
    const { container } = door.profile
    return terminal.printJson(
      webtasks.map(({ name, url, meta, token }) => ({
        container,
        name,
        url,
        meta,
        ...(flags.showToken ? { token } : {}),
      })),
    )
  }
  for (const webtask of webtasks) terminal.print([...formatDetails(detailsOf(webtask, flags)), ''])
  if (webtasks.length > 0) return terminal.say(`Listed ${webtasks.length}. Use --verbose to see their meta.`)
  terminal.say(
    flags.offset > 0
      ? `There are no webtasks after the first ${flags.offset}.`
      : 'There are no webtasks yet. To create one: wt create rule.js --meta auth0-extension=runtime --meta auth0-extension-name=credentials-exchange',
  )
}

function detailsOf(webtask: ListedWebtask, flags: ListFlags): [name: string, value: string][] {
  return [
    ['Name:', webtask.name],
    ['URL:', webtask.url],
    ...(flags.showToken ? [['Token:', webtask.token] satisfies [string, string]] : []),
    ...(flags.verbose ? metaDetails(webtask.meta) : []),
    ...(flags.details ? tokenDetails(webtask.token) : []),
  ]
}

function metaDetails(meta: ListedWebtask['meta']): [name: string, value: string][] {
  return Object.entries(meta).map(([key, value]) => [`Meta.${key}:`, String(value)])
}
