/** `tallystick login` and `logout`: the user's own profile file, for servers that run elsewhere. */
import type { Command } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { linkedFile, removePrivateFile, writePrivateFile } from '../private-file.ts'
import { readSecret } from '../secret-input.ts'
import { requestToken } from '../sign-in/request-token.ts'
import { formatUserProfile, userProfilePath } from '../user-profile.ts'

interface LoginOptions {
  readonly clientId?: string
  readonly secretFile?: string
  readonly audience?: string
}

export function addLoginCommand(login: Command, open: OpenContext): void {
  addExamples(login, [
    ['tallystick login --url https://tokens.example.com --client-id CLIENT_ID', 'asks for the secret'],
    ['tallystick login --url https://tokens.example.com --client-id CLIENT_ID --secret-file - < secret'],
  ])
  login
    .option('--client-id <client_id>', 'a client that is granted the management API')
    .option('--secret-file <file>', 'its secret; - reads standard input; without it you are asked')
    .option('--audience <audience>', 'of the management API, where it is not <origin>/api/v2/')
    .action(async ({ clientId: given, secretFile, audience }: LoginOptions) => {
      const { terminal, asker, fetch, env, findProfile, present } = open()
      const { origin } = await findProfile()
      const clientId = given ?? (await asker.line(`Client id for ${origin}:`, '--client-id CLIENT_ID'))
      const secret = await readSecret(
        { input: terminal.input, asker },
        { path: secretFile, question: `Secret of ${clientId}:`, flag: '--secret-file' },
      )
      const managementAudience = audience ?? `${origin}/api/v2/`
      // Only what works is remembered.
      await requestToken(fetch, { origin, audience: managementAudience, clientId, secret, scopes: [] })
      const path = await linkedFile(userProfilePath(env))
      await writePrivateFile(
        path,
        formatUserProfile({ origin, managementAudience, credentials: { clientId, secret } }),
      )
      terminal.say(`Signed in to ${origin}; remembered in ${path}, which only you may read.`)
      present({ origin, client_id: clientId, audience: managementAudience, file: path }, () => [])
    })
}

export function addLogoutCommand(logout: Command, open: OpenContext): void {
  logout.action(async () => {
    const { terminal, env, present } = open()
    const path = userProfilePath(env)
    const removed = await removePrivateFile(path)
    terminal.say(
      removed
        ? `${path} is gone. The client's secret lives on: rotate it if others may know it.`
        : `Nothing was remembered: there is no ${path}.`,
    )
    present({ removed: removed ? path : null }, () => [])
  })
}
