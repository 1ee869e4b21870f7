/** `wt inspect` and `wt token inspect`: one webtask, by its name or by its token. */
import { neutralText } from '../../neutral-text.ts'
import { formatDetails } from '../../table.ts'
import type { ProfileFlags } from '../choose-profile.ts'
import { claimDetails, claimsOf } from '../token-details.ts'
import { doorFor, type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'

export interface InspectFlags extends ProfileFlags, OutputFlags {
  readonly decrypt?: boolean
  readonly fetchCode?: boolean
}

export async function inspect(context: WtContext, subject: string, flags: InspectFlags): Promise<void> {
  const door = await doorFor(context, flags)
  const token = claimsOf(subject) ? subject : (await door.show(subject)).token
  const { decrypt = false, fetchCode = false } = flags
  const claims = await door.inspect(token, { decrypt, fetchCode })
  if (wantsJson(flags)) return context.terminal.printJson(claims)
  const { code, ...others } = claims
  context.terminal.print(formatDetails(claimDetails(others)))
  if (typeof code === 'string') context.terminal.print(['Code:', neutralText(code).trimEnd()])
}
