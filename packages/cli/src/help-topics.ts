/** `tallystick help`: of the program, of a command, or about something that belongs to no single command. */
import type { Command } from 'commander'
import { endings, exitCodeMeanings, exitCodes } from './exit-code.ts'
import { Failure } from './failure.ts'

const topics: Readonly<Record<string, () => readonly string[]>> = {
  'exit-codes': () => [
    'How tallystick ends:',
    '',
    ...endings.map((ending) => `  ${String(exitCodes[ending]).padStart(3)}  ${exitCodeMeanings[ending]}`),
  ],
  profile: () => [
    'Which server is meant, and with which client tallystick signs in; the first that is there counts:',
    '',
    '  1. --url',
    '  2. TALLYSTICK_URL; TALLYSTICK_CLIENT_ID, with one of',
    '       TALLYSTICK_CLIENT_SECRET_FILE, TALLYSTICK_CLIENT_SECRET',
    '       TALLYSTICK_CLIENT_KEY_FILE        a private key, PEM or JWK (TALLYSTICK_CLIENT_KEY_ALG: RS384, PS256)',
    '       TALLYSTICK_WORKLOAD_TOKEN_FILE    a file that holds the token of the platform',
    '       TALLYSTICK_WORKLOAD_TOKEN         that token itself',
    '       TALLYSTICK_WORKLOAD_TOKEN_FROM    the platform that is asked for one: github-actions',
    '     (TALLYSTICK_AUDIENCE: the audience of the management API, where it is not <origin>/api/v2/;',
    '     TALLYSTICK_ISSUER: the origin that the server has, where TALLYSTICK_URL is another address of it)',
    '  3. ./data/bootstrap.json, which a server writes at its first start (TALLYSTICK_DATA_DIR names another folder)',
    '  4. what `tallystick login` remembered, in $XDG_CONFIG_HOME/tallystick/profile.json',
    '',
    'The credentials of a file are used with the server that the same file names, and with no other. A key file is',
    'used if nobody but its owner may read it. Whoever signs in with a key or a token of the platform gets a token that',
    'is bound to a key made for this command; with a secret, where the server demands it.',
  ],
}

export function addHelpCommand(program: Command, writeOut: (text: string) => void): void {
  program
    .command('help [topic...]')
    .description('help about a command, or about: exit-codes, profile')
    .action((words: string[]) => {
      const topic =
        words.length === 1 && Object.hasOwn(topics, words[0] ?? '') ? topics[words[0] ?? ''] : undefined
      if (topic) writeOut(`${topic().join('\n')}\n`)
      else findCommand(program, words).outputHelp()
    })
}

function findCommand(program: Command, words: readonly string[]): Command {
  let found = program
  for (const word of words) {
    const next = found.commands.find((command) => command.name() === word)
    if (!next) {
      throw new Failure('usage', {
        what: `There is no help about ${words.join(' ')}.`,
        why: 'It is neither a command nor one of exit-codes and profile.',
        todo: 'See `tallystick help`.',
      })
    }
    found = next
  }
  return found
}
