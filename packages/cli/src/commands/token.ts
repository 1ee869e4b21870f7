/** `tallystick token`: get a token as a client would, or decode one. */
import { type Command, Option } from 'commander'
import type { CommandContext, OpenContext } from '../command-context.ts'
import { type DecodedToken, decodeToken, describeTimes, isJwt } from '../decode-token.ts'
import { addExamples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { neutralJson, neutralLine } from '../neutral-text.ts'
import type { Profile } from '../profile.ts'
import { readSecret, readText } from '../secret-input.ts'
import type { ClientCredentials } from '../sign-in/client-credentials.ts'
import { newDpopKey, parseDpopKey } from '../sign-in/dpop-proof.ts'
import { requestToken, type TokenAnswer } from '../sign-in/request-token.ts'
import { collect } from './option-values.ts'
import { addProofOptions, keyOrWorkloadToken, type ProofOptions } from './proof-options.ts'

interface GetOptions extends ProofOptions {
  readonly client?: string
  readonly api?: string
  readonly scope?: readonly string[]
  readonly raw?: true
  readonly dpop?: true
  readonly dpopKey?: string
}

export function addTokenCommands(token: Command, open: OpenContext): void {
  addExamples(token, [
    ['tallystick token get', "the starter's client and API"],
    [
      'tallystick token get --client CLIENT_ID --api https://invoices.example.com/ --secret-file billing.secret',
    ],
    ['tallystick token get --client CLIENT_ID --api https://invoices.example.com/ --key-file billing.pem'],
    ['tallystick token get --dpop', 'one that is bound to a key made for it'],
    ['tallystick token get --raw | tallystick token decode'],
  ])

  addProofOptions(
    token
      .command('get')
      .description('ask the token endpoint as a client, and show the token decoded')
      .option('--client <client_id>', "the client; without it the starter's")
      .option('--api <identifier>', "the API; without it the starter's")
      .option('--scope <value>', 'ask for this scope only; repeatable', collect),
  )
    .option('--dpop', 'bind the token to a new key, which is gone afterwards')
    .addOption(
      new Option('--dpop-key <file>', 'bind the token to this private key, a PEM or JWK').conflicts('dpop'),
    )
    .option('--raw', 'print the token alone')
    .action(async (options: GetOptions) => getToken(open(), options))

  token
    .command('decode')
    .description('decode a token from standard input; the signature is not checked')
    .action(async () => {
      const { terminal, present, now } = open()
      if (terminal.input.isTTY) terminal.say('Paste the token, then press Enter and Ctrl-D:')
      const decoded = decodeToken(await readText('-', terminal.input))
      present(decoded, () => decodedLines(decoded, now()))
    })
}

async function getToken(context: CommandContext, options: GetOptions): Promise<void> {
  const { terminal, present, now } = context
  const profile = await context.findProfile()
  const audience = options.api ?? profile.starter?.audience
  if (audience === undefined) throw missing('an API', '--api IDENTIFIER')
  const key = await bindingKey(context, options)
  const answer = await requestToken(context, {
    origin: profile.origin,
    issuer: profile.issuer,
    audience,
    ...(key && { binding: { key, when: 'always' } }),
    scopes: options.scope ?? [],
    ...(await credentialsFor(context, profile, options)),
  })
  if (options.raw) {
    terminal.print(answer.accessToken)
    return
  }
  const decoded = isJwt(answer.accessToken) ? decodeToken(answer.accessToken) : undefined
  const shown = {
    access_token: answer.accessToken,
    token_type: answer.tokenType,
    expires_in: answer.expiresInSeconds,
    scope: answer.scope,
    ...decoded,
  }
  present(shown, () => [
    neutralLine(answer.accessToken),
    '',
    ...(decoded ? decodedLines(decoded, now()) : notForUs(answer)),
    `scope: ${neutralLine(answer.scope ?? 'none')}`,
  ])
}

/** Only the API can read an encrypted or an opaque token. */
function notForUs({ accessToken, expiresInSeconds }: TokenAnswer): string[] {
  const why = accessToken.split('.').length === 5 ? 'It is encrypted' : 'It is opaque'
  const end = expiresInSeconds === undefined ? [] : [`ends in ${expiresInSeconds} s`]
  return [`${why}: only its API can learn what is in it.`, ...end]
}

async function bindingKey({ terminal }: CommandContext, { dpop, dpopKey }: GetOptions) {
  if (dpopKey !== undefined) return parseDpopKey(await readText(dpopKey, terminal.input))
  return dpop && newDpopKey()
}

/** Asks for no secret that the profile knows. */
async function credentialsFor(
  { terminal, asker }: CommandContext,
  { credentials, starter }: Profile,
  { client, ...options }: GetOptions,
): Promise<ClientCredentials> {
  const known = [starter, credentials].find(
    (each) => each && (client === undefined || each.clientId === client),
  )
  if (client === undefined && !starter) throw missing('a client', '--client CLIENT_ID')
  const elsewhere = keyOrWorkloadToken(options)
  const clientId = client ?? known?.clientId ?? ''
  if (elsewhere) return { clientId, proof: elsewhere }
  const { secretFile } = options
  if (known && secretFile === undefined) return { clientId: known.clientId, proof: known.proof }
  const question = `Secret of ${clientId}:`
  const deps = { input: terminal.input, asker }
  const secret = await readSecret(deps, { path: secretFile, question, flag: '--secret-file' })
  return { clientId, proof: { kind: 'secret', secret } }
}

function missing(what: string, flag: string): Failure {
  return new Failure('usage', {
    what: `A token needs ${what}.`,
    why: 'None was named, and there is no starter in ./data/bootstrap.json for this server.',
    todo: `Give ${flag}.`,
  })
}

function decodedLines({ header, claims }: DecodedToken, now: Date): string[] {
  return [`header ${neutralJson(header)}`, `claims ${neutralJson(claims)}`, ...describeTimes(claims, now)]
}
