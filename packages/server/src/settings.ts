/**
 * Every setting of the server: its name, its default and what it means. The README's table is made from this list,
 * and the configuration has one member for each.
 */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import {
  certificateHeader,
  cidr,
  httpUrl,
  integer,
  list,
  listenHost,
  oneOf,
  origin,
  privateDestination,
  type Setting,
  SettingFault,
} from './setting.ts'

export const settings = {
  port: {
    name: 'TALLYSTICK_PORT',
    default: '8420',
    meaning: 'Port of the one listener; 0 takes a free one.',
    parse: (text) => integer(text, { fallback: 8420, min: 0, max: 65_535 }),
  },
  host: {
    name: 'TALLYSTICK_HOST',
    default: '127.0.0.1',
    meaning: 'Address it binds. `0.0.0.0` or `::` for every interface.',
    parse: (text) => listenHost(text ?? '127.0.0.1'),
  },
  dataDir: {
    name: 'TALLYSTICK_DATA_DIR',
    default: './data',
    meaning: 'Folder of the embedded database, the master key and `bootstrap.json`.',
    parse: (text) => resolve(text ?? './data'),
  },
  publicOrigin: {
    name: 'TALLYSTICK_PUBLIC_ORIGIN',
    default: '`http://localhost:<port>`, with TLS `https://localhost:<port>`',
    meaning:
      'Where clients reach the server. The issuer is this origin and a final slash; the Host header never counts.',
    parse: (text) => (text === undefined ? undefined : origin(text)),
  },
  databaseUrl: {
    name: 'TALLYSTICK_DATABASE_URL',
    default: 'SQLite in the data folder',
    meaning: 'Leave it unset: the embedded database is the only one this release supports.',
    parse: (text) => {
      if (text === undefined) return undefined
      throw new SettingFault(
        'names a database server, which this release does not support. Unset it to use SQLite in the data folder.',
      )
    },
  },
  masterKey: {
    name: 'TALLYSTICK_MASTER_KEY',
    default: 'made once in `<data>/master.key`, mode 0600',
    meaning: '32 bytes, base64url. Encrypts every secret at rest; without it the data cannot be read.',
    parse: (text) => {
      if (text === undefined || /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)) return text
      throw new SettingFault(
        'must be 32 bytes as base64url (43 characters). Make one with: openssl rand -base64 32 | tr "+/" "-_" | tr -d "="',
      )
    },
  },
  starter: {
    name: 'TALLYSTICK_STARTER',
    default: 'on',
    meaning: '`off`: an empty database gets no starter API, client and rule.',
    parse: (text) => oneOf(text, ['on', 'off'], 'on') === 'on',
  },
  profile: {
    name: 'TALLYSTICK_PROFILE',
    default: 'rfc',
    meaning:
      'How the tenant of the first start answers: `rfc` as the RFCs say, `auth0` in the words of Auth0. Later: `tallystick settings`.',
    parse: (text) => oneOf(text, ['rfc', 'auth0'], 'rfc'),
  },
  tls: {
    name: 'TALLYSTICK_TLS',
    default: 'off',
    meaning:
      '`self-signed`: https on the one port, with a certificate of a private CA that is made once in `<data>/tls/`.',
    parse: (text) => oneOf(text, ['off', 'self-signed'], 'off'),
  },
  tlsCert: {
    name: 'TALLYSTICK_TLS_CERT',
    default: '–',
    meaning:
      'PEM file of the certificate, its chain behind it: https on the one port. Read again when it changes.',
    parse: (text) => (text === undefined ? undefined : resolve(text)),
  },
  tlsKey: {
    name: 'TALLYSTICK_TLS_KEY',
    default: '–',
    meaning: 'PEM file of its private key, without a passphrase.',
    parse: (text) => (text === undefined ? undefined : resolve(text)),
  },
  tlsClientCertificates: {
    name: 'TALLYSTICK_TLS_CLIENT_CERTIFICATES',
    default: 'on',
    meaning: '`off`: with TLS, clients are not asked for a certificate in the handshake.',
    parse: (text) => oneOf(text, ['on', 'off'], 'on') === 'on',
  },
  ruleTimeoutMs: {
    name: 'TALLYSTICK_RULE_TIMEOUT_MS',
    default: '1000',
    meaning: 'Wall clock of one invocation of a rule, its fetches included. 50 to 20,000.',
    parse: (text) => integer(text, { fallback: 1000, min: 50, max: 20_000 }),
  },
  ruleMemoryMb: {
    name: 'TALLYSTICK_RULE_MEMORY_MB',
    default: '64',
    meaning: 'Memory of one rule. 16 to 1,024.',
    parse: (text) => integer(text, { fallback: 64, min: 16, max: 1024 }),
  },
  ruleFetchBytes: {
    name: 'TALLYSTICK_RULE_FETCH_BYTES',
    default: '1048576',
    meaning: 'Largest answer a fetch of a rule may get, decoded. 1,024 to 16,777,216.',
    parse: (text) => integer(text, { fallback: 1_048_576, min: 1024, max: 16_777_216 }),
  },
  ruleRunners: {
    name: 'TALLYSTICK_RULE_RUNNERS',
    default: 'one per processor but one, at least 1',
    meaning: 'Processes that run quick rules; one for slow rules and one spare come on top. 1 to 64.',
    parse: (text) => integer(text, { fallback: Math.max(1, availableParallelism() - 1), min: 1, max: 64 }),
  },
  ruleEgressPrivate: {
    name: 'TALLYSTICK_RULE_EGRESS_PRIVATE',
    default: '–',
    meaning:
      '`CIDR:port,…` that rules may reach although the address is private, where their tenant allows the host.',
    parse: (text) => list(text).map(privateDestination),
  },
  streamPrivate: {
    name: 'TALLYSTICK_STREAM_PRIVATE',
    default: '–',
    meaning:
      '`CIDR:port,…` that log streams may send to although the address is private; there also without TLS.',
    parse: (text) => list(text).map(privateDestination),
  },
  keysPrivate: {
    name: 'TALLYSTICK_KEYS_PRIVATE',
    default: '–',
    meaning:
      '`CIDR:port,…` that key sets of clients and trusted issuers may be fetched from although the address is private; there also without TLS.',
    parse: (text) => list(text).map(privateDestination),
  },
  exchangeRecord: {
    name: 'TALLYSTICK_EXCHANGE_RECORD',
    default: 'full',
    meaning: '`off`: keep log entries, no exchange records.',
    parse: (text) => oneOf(text, ['full', 'off'], 'full'),
  },
  managementRate: {
    name: 'TALLYSTICK_MANAGEMENT_RATE',
    default: '2000',
    meaning:
      'Requests per second that one client may make to the management API; twice as many at once after a pause.',
    parse: (text) => integer(text, { fallback: 2000, min: 1, max: 1_000_000 }),
  },
  tokenRate: {
    name: 'TALLYSTICK_TOKEN_RATE',
    default: '10000',
    meaning:
      'Requests per second that one address may make to the token endpoint; twice as many at once after a pause.',
    parse: (text) => integer(text, { fallback: 10_000, min: 1, max: 1_000_000 }),
  },
  trustedProxies: {
    name: 'TALLYSTICK_TRUSTED_PROXIES',
    default: '–',
    meaning: '`CIDR,…` of proxies whose `X-Forwarded-For` names the client. Otherwise the socket does.',
    parse: (text) => list(text).map(cidr),
  },
  clientCertificateHeader: {
    name: 'TALLYSTICK_CLIENT_CERTIFICATE_HEADER',
    default: '–',
    meaning:
      'Header in which the trusted proxies tell the certificate of the client (RFC 9440, or URL-encoded PEM), such as `Client-Cert`.',
    parse: (text) => (text === undefined ? undefined : certificateHeader(text)),
  },
  npmRegistry: {
    name: 'TALLYSTICK_NPM_REGISTRY',
    default: "what npm's own configuration names",
    meaning:
      'URL of the registry from which the packages of rules are installed when they are deployed; `off`: none are. ' +
      'Credentials and certificates come from npm’s configuration (`.npmrc`).',
    parse: (text) => (text === undefined || text === 'off' ? text : httpUrl(text)),
  },
  logLevel: {
    name: 'TALLYSTICK_LOG_LEVEL',
    default: 'info',
    meaning: 'What the process writes to standard error: `debug`, `info`, `warn`, `error` or `silent`.',
    parse: (text) => oneOf(text, ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
  },
} satisfies Record<string, Setting<unknown>>
