/** `wt rm` and `wt token revoke`: a webtask ends, by its name or by its token. */
import type { ProfileFlags } from '../choose-profile.ts'
import { doorFor, type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'
import { WtFailure } from '../wt-failure.ts'

export interface RemoveFlags extends ProfileFlags, OutputFlags {
  readonly silent?: boolean
}

export async function remove(context: WtContext, name: string, flags: RemoveFlags): Promise<void> {
  const door = await doorFor(context, flags)
  try {
    await door.remove(name)
  } catch (error) {
    if (!(error instanceof WtFailure && error.ending === 'not_found')) throw error
    throw new WtFailure('not_found', `No such webtask: ${name}`, { cause: error })
  }
  if (flags.silent) return
  if (wantsJson(flags))
    return context.terminal.printJson({ removed: name, container: door.profile.container })
  context.terminal.print(`Removed webtask: ${name}`)
}

export async function revoke(
  context: WtContext,
  token: string,
  flags: ProfileFlags & OutputFlags,
): Promise<void> {
  const door = await doorFor(context, flags)
  await door.revoke(token)
  if (wantsJson(flags)) return context.terminal.printJson(true)
  context.terminal.print('Token revoked.')
}
