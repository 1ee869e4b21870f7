/** What the Actions of one exchange did, read from its log entry, and kept as long as that is. */
import type { ActionExecution } from '@tallystick/management-api/contract/action-runs'
import {
  type ExchangeLogEntry,
  type LogEntryStore,
  parseLogEntryId,
  type RuleTrace,
} from '../../../domain/log-entry.ts'
import type { Handlers } from '../operation/handler.ts'
import { notThere } from '../operation/not-there.ts'

export interface ActionExecutionHandlerDeps {
  readonly logEntries: Pick<LogEntryStore, 'find'>
}

export function createActionExecutionHandlers({
  logEntries,
}: ActionExecutionHandlerDeps): Pick<Handlers, 'getActionExecution'> {
  return {
    async getActionExecution({ request, param }) {
      const id = parseLogEntryId(param('id'))
      const entry = id && (await logEntries.find(request.tenant.id, id))
      if (entry?.type !== 'seccft' && entry?.type !== 'feccft') throw notThere('actionExecution')
      const actions = entry.rules.filter(({ door }) => door === 'action')
      if (actions.length === 0) throw notThere('actionExecution')
      return executionOnWire(entry, actions)
    },
  }
}

function executionOnWire(entry: ExchangeLogEntry, actions: readonly RuleTrace[]): ActionExecution {
  const results = actions.map((action) => resultOnWire(entry.at, action))
  return {
    id: entry.id,
    trigger_id: 'credentials-exchange',
    status: 'final',
    results,
    created_at: results[0]?.started_at ?? entry.at.toISOString(),
    updated_at: results.at(-1)?.ended_at ?? entry.at.toISOString(),
  }
}

function resultOnWire(at: Date, trace: RuleTrace): ActionExecution['results'][number] {
  const startedAt = trace.startedAt ?? at
  return {
    action_name: trace.ruleName,
    ...(trace.ended !== 'returned' && {
      error: {
        id: trace.ended,
        msg: trace.failure ?? `The Action ${trace.ruleName} ended with ${trace.ended}.`,
      },
    }),
    started_at: startedAt.toISOString(),
    ended_at: new Date(startedAt.getTime() + Math.round(trace.durationMs)).toISOString(),
  }
}
