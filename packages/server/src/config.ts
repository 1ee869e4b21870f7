/**
 * The environment, read once. All faults are reported together, each with the name of its setting and never with
 * its value.
 */
import { type Setting, SettingFault } from './setting.ts'
import { settings } from './settings.ts'

type Settings = typeof settings

/** What each setting says, or its default. */
export type Config = { readonly [Name in keyof Settings]: ReturnType<Settings[Name]['parse']> } & {
  /** What the installer of packages is started with. */
  readonly installerEnvironment: Readonly<Record<string, string>>
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
  const config = {
    port: read(settings.port),
    host: read(settings.host),
    dataDir: read(settings.dataDir),
    publicOrigin: read(settings.publicOrigin),
    databaseUrl: read(settings.databaseUrl),
    masterKey: read(settings.masterKey),
    starter: read(settings.starter),
    profile: read(settings.profile),
    tls: read(settings.tls),
    tlsCert: read(settings.tlsCert),
    tlsKey: read(settings.tlsKey),
    tlsClientCertificates: read(settings.tlsClientCertificates),
    ruleTimeoutMs: read(settings.ruleTimeoutMs),
    ruleMemoryMb: read(settings.ruleMemoryMb),
    ruleFetchBytes: read(settings.ruleFetchBytes),
    ruleRunners: read(settings.ruleRunners),
    ruleEgressPrivate: read(settings.ruleEgressPrivate),
    streamPrivate: read(settings.streamPrivate),
    keysPrivate: read(settings.keysPrivate),
    exchangeRecord: read(settings.exchangeRecord),
    managementRate: read(settings.managementRate),
    tokenRate: read(settings.tokenRate),
    trustedProxies: read(settings.trustedProxies),
    clientCertificateHeader: read(settings.clientCertificateHeader),
    npmRegistry: read(settings.npmRegistry),
    logLevel: read(settings.logLevel),
    installerEnvironment: installerEnvironment(env),
  } satisfies Config
  faults.push(...contradictions(config))
  if (faults.length > 0) throw new ConfigError(faults)
  return Object.freeze(config)
}

// npm's own configuration and the way to the network; nothing of the server's, least of all its master key.
function installerEnvironment(env: Environment): Record<string, string> {
  const passed =
    /^(?:PATH|HOME|USERPROFILE|TMPDIR|TEMP|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|(?:https?|no)_proxy|npm_config_.*)$/i
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      passed.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
}

// A misspelt setting that is silently ignored is a limit that does not hold.
function unknownSettings(env: Environment): string[] {
  const known = new Set<string>(Object.values(settings).map((setting) => setting.name))
  return Object.keys(env)
    .filter((name) => name.startsWith('TALLYSTICK_') && !known.has(name) && !clientSettings.has(name))
    .map((name) => `${name} is no setting of the server. See the table of settings in the README.`)
}

/** Settings that do not go together. */
function contradictions(config: Config): string[] {
  return [...tlsContradictions(config), ...proxyContradictions(config)]
}

function tlsContradictions({ tls, tlsCert, tlsKey }: Config): string[] {
  if (tls === 'self-signed' && (tlsCert !== undefined || tlsKey !== undefined)) {
    return [
      `${settings.tls.name} cannot be self-signed beside ${settings.tlsCert.name} and ${settings.tlsKey.name}. Unset one or the others.`,
    ]
  }
  if ((tlsCert === undefined) === (tlsKey === undefined)) return []
  const [given, missing] =
    tlsKey === undefined ? [settings.tlsCert, settings.tlsKey] : [settings.tlsKey, settings.tlsCert]
  return [`${missing.name} is missing: ${given.name} needs it. Set both or none.`]
}

function proxyContradictions({ clientCertificateHeader, trustedProxies }: Config): string[] {
  if (clientCertificateHeader === undefined || trustedProxies.length > 0) return []
  const [header, proxies] = [settings.clientCertificateHeader.name, settings.trustedProxies.name]
  return [`${proxies} is missing: ${header} is believed of those alone that stand in it.`]
}

// Of the command line program, which may run in the same shell.
const clientSettings = new Set([
  'TALLYSTICK_URL',
  'TALLYSTICK_AUDIENCE',
  'TALLYSTICK_CLIENT_ID',
  'TALLYSTICK_CLIENT_SECRET',
  'TALLYSTICK_CLIENT_SECRET_FILE',
])
