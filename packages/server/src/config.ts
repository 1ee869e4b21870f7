/**
 * The environment, read once: every setting, its default and what it means. All faults are reported
 * together, each with the name of its setting and never with its value. The README's table is made from `settings`.
 */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import {
  cidr,
  integer,
  list,
  oneOf,
  origin,
  type PrivateDestination,
  privateDestination,
  type Setting,
  SettingFault,
} from './setting.ts'

export interface Config {
  readonly port: number
  readonly host: string
  /** Absolute. */
  readonly dataDir: string
  /** Scheme, host and port, without a path. Undefined: `http://localhost:<port>` of the port that was bound. */
  readonly publicOrigin: string | undefined
  /** 32 bytes, base64url; undefined: kept in the data folder. */
  readonly masterKey: string | undefined
  readonly starter: boolean
  readonly exchangeRecord: 'full' | 'off'
  readonly ruleTimeoutMs: number
  readonly ruleMemoryMb: number
  readonly ruleFetchBytes: number
  readonly ruleRunners: number
  readonly ruleEgressPrivate: readonly PrivateDestination[]
  /** CIDRs of the proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Thrown with every fault of the environment; one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

const port: Setting<number> = {
  name: 'TALLYSTICK_PORT',
  default: '8420',
  meaning: 'Port of the one listener; 0 takes a free one.',
  parse: (text) => integer(text, { fallback: 8420, min: 0, max: 65_535 }),
}

const host: Setting<string> = {
  name: 'TALLYSTICK_HOST',
  default: '127.0.0.1',
  meaning: 'Address it binds. `0.0.0.0` or `::` for every interface.',
  parse: (text) => text ?? '127.0.0.1',
}

const dataDir: Setting<string> = {
  name: 'TALLYSTICK_DATA_DIR',
  default: './data',
  meaning: 'Folder of the embedded database, the master key and `bootstrap.json`.',
  parse: (text) => resolve(text ?? './data'),
}

const publicOrigin: Setting<string | undefined> = {
  name: 'TALLYSTICK_PUBLIC_ORIGIN',
  default: '`http://localhost:<port>`',
  meaning:
    'Where clients reach the server. The issuer is this origin and a final slash; the Host header never counts.',
  parse: (text) => (text === undefined ? undefined : origin(text)),
}

const databaseUrl: Setting<undefined> = {
  name: 'TALLYSTICK_DATABASE_URL',
  default: 'SQLite in the data folder',
  meaning: 'Leave it unset: the embedded database is the only one this release supports.',
  parse: (text) => {
    if (text === undefined) return undefined
    throw new SettingFault(
      'names a database server, which this release does not support. Unset it to use SQLite in the data folder.',
    )
  },
}

const masterKey: Setting<string | undefined> = {
  name: 'TALLYSTICK_MASTER_KEY',
  default: 'made once in `<data>/master.key`, mode 0600',
  meaning: '32 bytes, base64url. Encrypts every secret at rest; without it the data cannot be read.',
  parse: (text) => {
    if (text === undefined || /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)) return text
    throw new SettingFault(
      'must be 32 bytes as base64url (43 characters). Make one with: openssl rand -base64 32 | tr "+/" "-_" | tr -d "="',
    )
  },
}

const starter: Setting<boolean> = {
  name: 'TALLYSTICK_STARTER',
  default: 'on',
  meaning: '`off`: an empty database gets no starter API, client and rule.',
  parse: (text) => oneOf(text, ['on', 'off'], 'on') === 'on',
}

const profile: Setting<'rfc'> = {
  name: 'TALLYSTICK_PROFILE',
  default: 'rfc',
  meaning: 'Error shapes of tenants made at the first start. This release offers `rfc`.',
  parse: (text) => oneOf(text, ['rfc'], 'rfc'),
}

const tls: Setting<undefined> = {
  name: 'TALLYSTICK_TLS',
  default: 'off',
  meaning:
    'This release speaks plain HTTP; put a proxy that terminates TLS in front and set the public origin.',
  parse: (text) => {
    oneOf(text, ['off'], 'off')
    return undefined
  },
}

const ruleTimeoutMs: Setting<number> = {
  name: 'TALLYSTICK_RULE_TIMEOUT_MS',
  default: '1000',
  meaning: 'Wall clock of one invocation of a rule, its fetches included. 50 to 20,000.',
  parse: (text) => integer(text, { fallback: 1000, min: 50, max: 20_000 }),
}

const ruleMemoryMb: Setting<number> = {
  name: 'TALLYSTICK_RULE_MEMORY_MB',
  default: '64',
  meaning: 'Memory of one rule. 16 to 1,024.',
  parse: (text) => integer(text, { fallback: 64, min: 16, max: 1024 }),
}

const ruleFetchBytes: Setting<number> = {
  name: 'TALLYSTICK_RULE_FETCH_BYTES',
  default: '1048576',
  meaning: 'Largest answer a fetch of a rule may get, decoded. 1,024 to 16,777,216.',
  parse: (text) => integer(text, { fallback: 1_048_576, min: 1024, max: 16_777_216 }),
}

const ruleRunners: Setting<number> = {
  name: 'TALLYSTICK_RULE_RUNNERS',
  default: 'one per processor but one, at least 1',
  meaning: 'Processes that run quick rules; one for slow rules and one spare come on top. 1 to 64.',
  parse: (text) => integer(text, { fallback: Math.max(1, availableParallelism() - 1), min: 1, max: 64 }),
}

const ruleEgressPrivate: Setting<readonly PrivateDestination[]> = {
  name: 'TALLYSTICK_RULE_EGRESS_PRIVATE',
  default: '–',
  meaning:
    '`CIDR:port,…` that rules may reach although the address is private, where their tenant allows the host.',
  parse: (text) => list(text).map(privateDestination),
}

const exchangeRecord: Setting<'full' | 'off'> = {
  name: 'TALLYSTICK_EXCHANGE_RECORD',
  default: 'full',
  meaning: '`off`: keep log entries, no exchange records.',
  parse: (text) => oneOf(text, ['full', 'off'], 'full'),
}

const trustedProxies: Setting<readonly string[]> = {
  name: 'TALLYSTICK_TRUSTED_PROXIES',
  default: '–',
  meaning: '`CIDR,…` of proxies whose `X-Forwarded-For` names the client. Otherwise the socket does.',
  parse: (text) => list(text).map(cidr),
}

const logLevel: Setting<Config['logLevel']> = {
  name: 'TALLYSTICK_LOG_LEVEL',
  default: 'info',
  meaning: 'What the process writes to standard error: `debug`, `info`, `warn`, `error` or `silent`.',
  parse: (text) => oneOf(text, ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
}

/** Every setting, in the order of the README's table. */
export const settings: readonly Pick<Setting<unknown>, 'name' | 'default' | 'meaning'>[] = [
  port,
  host,
  dataDir,
  publicOrigin,
  databaseUrl,
  masterKey,
  starter,
  profile,
  tls,
  ruleTimeoutMs,
  ruleMemoryMb,
  ruleFetchBytes,
  ruleRunners,
  ruleEgressPrivate,
  exchangeRecord,
  trustedProxies,
  logLevel,
]

/** @throws ConfigError with every fault, one line each. */
export function parseConfig(env: Environment): Config {
  const faults = unknownSettings(env)
  // After a fault the default stands in, so that the rest is checked as well; nobody gets to see the result.
  const read = <Value>(setting: Setting<Value>): Value => {
    try {
      return setting.parse(env[setting.name] || undefined)
    } catch (error) {
      if (!(error instanceof SettingFault)) throw error
      faults.push(`${setting.name} ${error.message}`)
      return setting.parse(undefined)
    }
  }
  for (const setting of [databaseUrl, profile, tls]) read<unknown>(setting)
  const config: Config = {
    port: read(port),
    host: read(host),
    dataDir: read(dataDir),
    publicOrigin: read(publicOrigin),
    masterKey: read(masterKey),
    starter: read(starter),
    exchangeRecord: read(exchangeRecord),
    ruleTimeoutMs: read(ruleTimeoutMs),
    ruleMemoryMb: read(ruleMemoryMb),
    ruleFetchBytes: read(ruleFetchBytes),
    ruleRunners: read(ruleRunners),
    ruleEgressPrivate: read(ruleEgressPrivate),
    trustedProxies: read(trustedProxies),
    logLevel: read(logLevel),
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return Object.freeze(config)
}

// A misspelt setting that is silently ignored is a limit that does not hold.
function unknownSettings(env: Environment): string[] {
  const known = new Set(settings.map((setting) => setting.name))
  return Object.keys(env)
    .filter((name) => name.startsWith('TALLYSTICK_') && !known.has(name) && !clientSettings.has(name))
    .map((name) => `${name} is no setting of the server. See the table of settings in the README.`)
}

// Of the command line program, which may run in the same shell.
const clientSettings = new Set([
  'TALLYSTICK_URL',
  'TALLYSTICK_AUDIENCE',
  'TALLYSTICK_CLIENT_ID',
  'TALLYSTICK_CLIENT_SECRET',
  'TALLYSTICK_CLIENT_SECRET_FILE',
])
