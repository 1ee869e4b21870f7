/** `tallystick login` and `logout`: the user's own profile file, for servers that run elsewhere. */
import type { Command } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { addExamples } from '../examples.ts'
import { linkedFile, removePrivateFile, writePrivateFile } from '../private-file.ts'
import { parseOrigin } from '../profile.ts'
import { readSecret } from '../secret-input.ts'
import type { ClientCredentials } from '../sign-in/client-credentials.ts'
import { managementBinding } from '../sign-in/management-connection.ts'
import { requestToken } from '../sign-in/request-token.ts'
import { formatUserProfile, userProfilePath } from '../user-profile.ts'
import { addProofOptions, keyOrWorkloadToken, type ProofOptions } from './proof-options.ts'

interface LoginOptions extends ProofOptions {
  readonly clientId?: string
  readonly audience?: string
  readonly issuer?: string
}

export function addLoginCommand(login: Command, open: OpenContext): void {
  addExamples(login, [
    ['tallystick login --url https://tokens.example.com --client-id CLIENT_ID', 'asks for the secret'],
    ['tallystick login --url https://tokens.example.com --client-id CLIENT_ID --secret-file - < secret'],
    ['tallystick login --url https://tokens.example.com --client-id CLIENT_ID --key-file ci.pem'],
  ])
  addProofOptions(login.option('--client-id <client_id>', 'a client that is granted the management API'))
    .option('--audience <audience>', 'the audience of the management API, if it is not <origin>/api/v2/')
    .option('--issuer <origin>', 'the issuer of the server, if --url reaches it by another address')
    .action(async (options: LoginOptions) => {
      const context = open()
      const { terminal, env, findProfile, present } = context
      const { origin, issuer: known } = await findProfile()
      const issuer = options.issuer === undefined ? known : `${parseOrigin(options.issuer, '--issuer')}/`
      const audience = options.audience ?? `${origin}/api/v2/`
      const credentials = await askedCredentials(context, origin, options)
      const { clientId, proof } = credentials
      const binding = managementBinding(proof, false)
      // Only credentials that work are remembered.
      const answer = await requestToken(context, {
        ...credentials,
        origin,
        issuer,
        audience,
        scopes: [],
        binding,
      })
      const needsBinding = proof.kind === 'secret' && answer.tokenType.toLowerCase() === 'dpop'
      const access = { origin, issuer, managementAudience: audience, credentials, needsBinding }
      const path = await linkedFile(userProfilePath(env))
      await writePrivateFile(path, formatUserProfile(access))
      terminal.say(`Signed in to ${origin}; remembered in ${path}, which only you may read.`)
      present({ origin, client_id: clientId, audience, file: path }, () => [])
    })
}

async function askedCredentials(
  { terminal, asker }: CommandContext,
  origin: string,
  options: LoginOptions,
): Promise<ClientCredentials> {
  const elsewhere = keyOrWorkloadToken(options)
  const clientId = options.clientId ?? (await asker.line(`Client id for ${origin}:`, '--client-id CLIENT_ID'))
  if (elsewhere) return { clientId, proof: elsewhere }
  const secret = await readSecret(
    { input: terminal.input, asker },
    { path: options.secretFile, question: `Secret of ${clientId}:`, flag: '--secret-file' },
  )
  return { clientId, proof: { kind: 'secret', secret } }
}

export function addLogoutCommand(logout: Command, open: OpenContext): void {
  logout.action(async () => {
    const { terminal, env, present } = open()
    const path = userProfilePath(env)
    const removed = await removePrivateFile(path)
    terminal.say(
      removed
        ? `${path} is gone. The client's secret or key lives on: end it if others may know it.`
        : `Nothing was remembered: there is no ${path}.`,
    )
    present({ removed: removed ? path : null }, () => [])
  })
}
