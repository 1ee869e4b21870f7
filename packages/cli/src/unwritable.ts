/** What is left to say when standard output takes nothing, as on a full disk: a secret may have been lost with it. */
export function unwritable({ message }: Error): string {
  return [
    'Error: The output could not be written.',
    `Why:   ${message}.`,
    'Do:    Make room. What the command changed is done: a secret that was to be shown has to be renewed.',
    '',
  ].join('\n')
}
