/** Help leads with examples: most people look for one line to copy. */
import type { Command } from 'commander'

export type Example = readonly [commandLine: string, meaning?: string]

export function addExamples(command: Command, examples: readonly Example[]): void {
  const lines = examples.flatMap(([commandLine, meaning]) => [
    ...(meaning === undefined ? [] : [`  # ${meaning}`]),
    `  ${commandLine}`,
  ])
  command.addHelpText('before', ['Examples:', ...lines, ''].join('\n'))
}
