/** The options and files that describe a trusted issuer, parsed into what the management API takes. */
import type { TrustedIssuerChange } from '@tallystick/management-api/contract/trusted-issuers'
import { type Command, Option } from 'commander'
import { Failure } from '../failure.ts'
import { isJsonObject } from '../json-object.ts'
import { readText } from '../secret-input.ts'
import { collect, collectPairs, wholeNumber } from './option-values.ts'

export interface TrustOptions {
  readonly name?: string
  readonly jwksUri?: string
  readonly jwks?: string
  readonly audience?: readonly string[]
  readonly algorithm?: readonly string[]
  readonly maxTokenLifetime?: number
  /** False with `--no-require-jti`. */
  readonly requireJti?: boolean
  readonly reuse?: 'once' | 'until_expiry'
  readonly client?: string
  readonly sub?: string
  readonly claim?: Readonly<Record<string, string>>
  readonly matches?: string
  /** A file; false with `--no-rule`. */
  readonly rule?: string | false
}

type Matches = NonNullable<TrustedIssuerChange['matches']>
type Input = Parameters<typeof readText>[1]

export function addTrustOptions(command: Command): Command {
  return command
    .addOption(new Option('--jwks-uri <url>', 'where its keys are fetched from').conflicts('jwks'))
    .option('--jwks <file>', 'its keys, as a JSON Web Key Set; nothing is fetched')
    .option(
      '--audience <audience>',
      'an aud that its tokens may have; replaces the list; repeatable',
      collect,
    )
    .option('--algorithm <alg>', 'an alg that its tokens may have; replaces the list; repeatable', collect)
    .option('--max-token-lifetime <seconds>', 'from iat to exp', wholeNumber)
    .option('--require-jti', 'refuse tokens without a jti')
    .addOption(
      new Option('--reuse <reuse>', 'whether a token counts once, or until it expires').choices([
        'once',
        'until_expiry',
      ]),
    )
    .option('--client <client_id>', 'the client that a token stands for, if --sub and each --claim match')
    .option('--sub <pattern>', 'with --client: a pattern for its sub, such as repo:acme/app:*')
    .option(
      '--claim <name=value>',
      'with --client: a claim with exactly this value; repeatable',
      collectPairs,
    )
    .option('--matches <file>', 'all matches as a JSON list; replaces those that are there')
    .option('--rule <file>', 'JavaScript that names the client of a token that no match covers')
}

/** `present` are the matches that are there; `--client` adds one to them. */
export async function trustFrom(
  options: TrustOptions,
  input: Input,
  present: Matches,
): Promise<TrustedIssuerChange> {
  const { audience, algorithm, maxTokenLifetime, requireJti, reuse, rule, jwks, jwksUri, name } = options
  const matches = await matchesFrom(options, input, present)
  const body = {
    ...(name !== undefined && { name }),
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    ...(jwks !== undefined && { jwks: await readKeySet(jwks, input) }),
    ...(audience && { audiences: [...audience] }),
    ...(algorithm && { algorithms: [...algorithm] }),
    ...(maxTokenLifetime !== undefined && { max_token_lifetime: maxTokenLifetime }),
    ...(requireJti !== undefined && { require_jti: requireJti }),
    ...(reuse && { token_reuse: reuse }),
    ...(matches && { matches }),
    ...(rule === false && { trust_rule: null }),
    ...(typeof rule === 'string' && { trust_rule: await readText(rule, input) }),
  }
  // The server checks it against the contract, and names what does not fit.
  return body as TrustedIssuerChange
}

async function matchesFrom(
  { client, sub, claim, matches: path }: TrustOptions,
  input: Input,
  present: Matches,
): Promise<Matches | undefined> {
  if (client === undefined && (sub !== undefined || claim)) {
    throw new Failure('usage', {
      what: 'The match names no client.',
      why: '--sub and --claim say which tokens are a client.',
      todo: 'Add --client CLIENT_ID.',
    })
  }
  const given = path === undefined ? undefined : await readMatches(path, input)
  if (client === undefined) return given
  const match = {
    client_id: client,
    ...(sub !== undefined && { sub }),
    ...(claim && { claims: { ...claim } }),
  }
  return [...(given ?? present), match]
}

async function readMatches(path: string, input: Input): Promise<Matches> {
  const value = parseJson(await readText(path, input))
  if (Array.isArray(value)) return value
  throw unreadable(path, 'It is no JSON list of matches.', '[{ "client_id": "…", "sub": "repo:acme/app:*" }]')
}

async function readKeySet(path: string, input: Input): Promise<{ keys: Record<string, unknown>[] }> {
  const value = parseJson(await readText(path, input))
  if (isJsonObject(value) && Array.isArray(value.keys)) return { keys: value.keys }
  throw unreadable(path, 'It is no JSON Web Key Set.', '{ "keys": [ … ] }, as the issuer publishes it')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreadable(path: string, why: string, form: string): Failure {
  return new Failure('usage', { what: `${path} cannot be used.`, why, todo: `Write ${form}.` })
}
