/** How `tallystick` ends. Scripts depend on these numbers: they are never given another meaning. */
export const endings = [
  'done',
  'failed',
  'usage',
  'not_found',
  'not_allowed',
  'conflict',
  'unavailable',
  'interrupted',
] as const
export type Ending = (typeof endings)[number]

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  not_found: 3,
  not_allowed: 4,
  conflict: 5,
  unavailable: 6,
  interrupted: 130,
} satisfies Record<Ending, number>

export const exitCodeMeanings = {
  done: 'Done.',
  failed: 'Failed, for a reason that has no number of its own.',
  usage: 'Wrong usage: nothing was attempted.',
  not_found: 'The object does not exist.',
  not_allowed: 'Not authenticated, or not allowed.',
  conflict: 'It exists already, or something else stands against it.',
  unavailable: 'Rate-limited or unavailable: the same command may succeed later.',
  interrupted: 'Interrupted (Ctrl-C).',
} satisfies Record<Ending, string>
