import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'
import { settings } from './settings.ts'

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

for (const [name, value] of [
  ['TALLYSTICK_PORT', '65536'],
  ['TALLYSTICK_PORT', '80a'],
  ['TALLYSTICK_PORT', '-1'],
  ['TALLYSTICK_HOST', 'http://localhost'],
  ['TALLYSTICK_HOST', 'localhost:8420'],
  ['TALLYSTICK_HOST', '[::1]'],
  ['TALLYSTICK_HOST', '256.0.0.1'],
  ['TALLYSTICK_HOST', 'two hosts'],
  ['TALLYSTICK_PUBLIC_ORIGIN', 'ftp://example.com'],
  ['TALLYSTICK_PUBLIC_ORIGIN', 'https://example.com/path'],
  ['TALLYSTICK_PUBLIC_ORIGIN', 'https://user@example.com'],
  ['TALLYSTICK_PUBLIC_ORIGIN', 'example.com'],
  ['TALLYSTICK_DATABASE_URL', 'postgres://user:hunter22@db/tallystick'],
  ['TALLYSTICK_MASTER_KEY', 'hunter22'],
  ['TALLYSTICK_STARTER', 'yes'],
  ['TALLYSTICK_RULE_TIMEOUT_MS', '49'],
  ['TALLYSTICK_RULE_MEMORY_MB', '0'],
  ['TALLYSTICK_RULE_FETCH_BYTES', '1e9'],
  ['TALLYSTICK_RULE_EGRESS_PRIVATE', '10.0.0.0/8'],
  ['TALLYSTICK_RULE_EGRESS_PRIVATE', '10.0.0.0/33:443'],
  ['TALLYSTICK_EXCHANGE_RECORD', 'some'],
  ['TALLYSTICK_TRUSTED_PROXIES', 'proxy.example.com'],
  ['TALLYSTICK_TLS', 'on'],
  ['TALLYSTICK_TLS_CLIENT_CERTIFICATES', 'request'],
  ['TALLYSTICK_CLIENT_CERTIFICATE_HEADER', 'X-Client-Key'],
  ['TALLYSTICK_CLIENT_CERTIFICATE_HEADER', 'Client-Cert: hunter22'],
  ['TALLYSTICK_LOG_LEVEL', 'loud'],
  ['TALLYSTICK_PROT', '8420'],
] as const) {
  test(`${name}=${value} is refused by name, and its value is not repeated`, () => {
    const faults = faultsOf({ [name]: value })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(new RegExp(`^${name} `))
    expect(faults[0]).not.toContain('hunter22')
  })
}

test('a certificate without its key, a key alone, and either beside self-signed are refused', () => {
  expect(faultsOf({ TALLYSTICK_TLS_CERT: 'a.pem' })).toEqual([
    'TALLYSTICK_TLS_KEY is missing: TALLYSTICK_TLS_CERT needs it. Set both or none.',
  ])
  expect(faultsOf({ TALLYSTICK_TLS_KEY: 'a.pem' })).toEqual([
    'TALLYSTICK_TLS_CERT is missing: TALLYSTICK_TLS_KEY needs it. Set both or none.',
  ])
  const both = { TALLYSTICK_TLS: 'self-signed', TALLYSTICK_TLS_CERT: 'a.pem', TALLYSTICK_TLS_KEY: 'b.pem' }
  expect(faultsOf(both)).toEqual([expect.stringMatching(/^TALLYSTICK_TLS cannot be self-signed beside /)])
})

test('a header that tells certificates is refused without proxies that are believed', () => {
  const header = { TALLYSTICK_CLIENT_CERTIFICATE_HEADER: 'X-SSL-Client-Cert' }
  expect(faultsOf(header)).toEqual([expect.stringMatching(/^TALLYSTICK_TRUSTED_PROXIES is missing: /)])
  const config = parseConfig({ ...header, TALLYSTICK_TRUSTED_PROXIES: '127.0.0.1' })
  expect(config.clientCertificateHeader).toBe('x-ssl-client-cert')
})

test('every fault is reported at once', () => {
  expect(faultsOf({ TALLYSTICK_PORT: 'x', TALLYSTICK_STARTER: 'x', TALLYSTICK_LOG_LEVEL: 'x' })).toHaveLength(
    3,
  )
})

test('without any setting there are defaults, and an empty value counts as none', () => {
  expect(parseConfig({ TALLYSTICK_PORT: '' })).toMatchObject({
    port: 8420,
    host: '127.0.0.1',
    starter: true,
    publicOrigin: undefined,
    ruleTimeoutMs: 1000,
    ruleMemoryMb: 64,
    ruleFetchBytes: 1_048_576,
  })
})

test('the installer of packages gets npm’s configuration, and none of the server’s secrets', () => {
  const environment = {
    PATH: '/bin',
    npm_config_registry: 'https://npm.example.com/',
    DATABASE_PASSWORD: 'p',
  }
  const own = { TALLYSTICK_MASTER_KEY: Buffer.alloc(32).toString('base64url') }
  expect(parseConfig({ ...environment, ...own }).installerEnvironment).toEqual({
    PATH: '/bin',
    npm_config_registry: 'https://npm.example.com/',
  })
})

test('a public origin may carry the final slash that people paste', () => {
  expect(parseConfig({ TALLYSTICK_PUBLIC_ORIGIN: 'https://auth.example.com/' }).publicOrigin).toBe(
    'https://auth.example.com',
  )
})

test("the README's table of settings is the list the server reads", () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const rows = Object.values(settings).map(
    (setting) => `| \`${setting.name}\` | ${setting.default} | ${setting.meaning} |`,
  )
  for (const row of rows) expect(readme).toContain(row)
})
