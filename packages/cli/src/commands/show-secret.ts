/** The one time a new client secret, if there is one, is seen: on standard output, or in a file that only its owner may read. */
import type { CreatedClient } from '@tallystick/management-api/contract/clients'
import type { CommandContext } from '../command-context.ts'
import { refuseWhatIsNoFile, writePrivateFile } from '../private-file.ts'

export interface SecretOptions {
  readonly out?: string
}

/** Before the secret is made: what can be refused early leaves nothing behind. */
export async function checkSecretFile({ out }: SecretOptions): Promise<void> {
  if (out !== undefined) await refuseWhatIsNoFile(out)
}

export async function showSecret(
  { terminal, present }: CommandContext,
  { client_secret, ...client }: CreatedClient,
  { out }: SecretOptions,
  details: (client: Omit<CreatedClient, 'client_secret'>) => string[],
): Promise<void> {
  if (client_secret === undefined) {
    terminal.say('This client has no secret.')
    present(client, () => details(client))
    return
  }
  const show = () =>
    present({ ...client, client_secret }, () => [...details(client), `client_secret  ${client_secret}`])
  if (out === undefined) {
    terminal.say('The secret is shown this once; keep it now.')
    show()
    return
  }
  try {
    await writePrivateFile(out, `${client_secret}\n`)
  } catch (error) {
    // The server has it already: were it lost here, nobody could ever use this client again.
    terminal.say('The secret could not be written to the file; it is printed instead, this once.')
    show()
    throw error
  }
  terminal.say(`The secret is in ${out}, which only you may read.`)
  present(client, () => details(client))
}
