/**
 * seccft / feccft: an exchange granted / refused. actions_execution_failed: an Action that failed in one, beside its
 * feccft. w: what proved a client ends soon. sapi / fapi: a management change made / refused.
 */
export const logEntryTypes = ['seccft', 'feccft', 'actions_execution_failed', 'w', 'sapi', 'fapi'] as const
export type LogEntryType = (typeof logEntryTypes)[number]
