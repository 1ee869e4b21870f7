/** The one time a new secret is shown: on standard output, or in a file that only its owner may read. */
import type { CreatedClient } from '@tallystick/management-api/contract/clients'
import type { CommandContext } from '../command-context.ts'
import { refuseWhatIsNoFile, writePrivateFile } from '../private-file.ts'

export interface SecretOptions {
  readonly out?: string
}

/** Called before the secret is made, so that an early refusal leaves nothing behind. */
export async function checkSecretFile({ out }: SecretOptions): Promise<void> {
  if (out !== undefined) await refuseWhatIsNoFile(out)
}

export async function showSecret(
  context: CommandContext,
  { client_secret, ...client }: CreatedClient,
  options: SecretOptions,
  details: (client: Omit<CreatedClient, 'client_secret'>) => string[],
): Promise<void> {
  if (client_secret === undefined) {
    context.terminal.say('This client has no secret.')
    context.present(client, () => details(client))
    return
  }
  await showOnce(context, { name: 'client_secret', secret: client_secret, rest: client }, options, details)
}

/** An answer with a secret that no other answer shows, under its name on the wire. */
export interface AnswerWithSecret<Rest extends object> {
  readonly name: string
  readonly secret: string
  readonly rest: Rest
}

export async function showOnce<Rest extends object>(
  { terminal, present }: CommandContext,
  { name, secret, rest }: AnswerWithSecret<Rest>,
  { out }: SecretOptions,
  details: (rest: Rest) => string[],
): Promise<void> {
  const show = () => present({ ...rest, [name]: secret }, () => [...details(rest), `${name}  ${secret}`])
  if (out === undefined) {
    terminal.say('The secret is shown this once; keep it now.')
    show()
    return
  }
  try {
    await writePrivateFile(out, `${secret}\n`)
  } catch (error) {
    // The server has already stored it: if it were lost here, nobody could ever use it.
    terminal.say('The secret could not be written to the file; it is printed instead, this once.')
    show()
    throw error
  }
  terminal.say(`The secret is in ${out}, which only you may read.`)
  present(rest, () => details(rest))
}
