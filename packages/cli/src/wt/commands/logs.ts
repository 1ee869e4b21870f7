/** `wt logs`: what rules print, as it is printed. */
import type { ProfileFlags } from '../choose-profile.ts'
import { followLog } from '../follow-log.ts'
import { formatLogRecord, parseLogRecord } from '../log-line.ts'
import { doorFor, type OutputFlags, type WtContext, wantsJson } from '../wt-context.ts'

export interface LogsFlags extends ProfileFlags, OutputFlags {
  readonly raw?: boolean
  readonly verbose?: boolean
  /** Only lines of the rule with this name. */
  readonly rule?: string
}

export async function logs(context: WtContext, flags: LogsFlags): Promise<void> {
  const { terminal } = context
  const door = await doorFor(context, flags)
  const asJson = wantsJson(flags) || flags.raw === true
  await followLog({
    door,
    interrupted: context.interrupted,
    onConnected: () => terminal.say(`connected to streaming logs (container=${door.profile.container})`),
    onLost: (waitMs) => terminal.say(`The connection was lost; trying again in ${waitMs / 1000} s.`),
    onRecord(json) {
      const record = parseLogRecord(json)
      if (record === undefined || (flags.rule !== undefined && record.rule !== flags.rule)) return
      if (asJson) terminal.print(record.json)
      else terminal.print(formatLogRecord(record, terminal.colors, flags.verbose === true))
    },
  })
}
