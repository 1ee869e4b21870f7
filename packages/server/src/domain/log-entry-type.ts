/**
 * seccft / feccft: an exchange granted / refused. actions_execution_failed: an Action that failed in one, beside its
 * feccft. sapi / fapi: a management change made / refused.
 */
export const logEntryTypes = ['seccft', 'feccft', 'actions_execution_failed', 'sapi', 'fapi'] as const
export type LogEntryType = (typeof logEntryTypes)[number]
