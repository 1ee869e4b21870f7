/**
 * What can be told about a rule from its text alone. It reads words and not the program, so it hints and never
 * decides: the server is what refuses.
 */
import type { Remark } from './plan.ts'

export interface RuleText {
  /** Such as `Hook add-plan`. */
  readonly about: string
  /** Where its dependencies are written down. */
  readonly place: string
  readonly code: string
  readonly dependencies: Readonly<Record<string, string>>
}

const offeredModules: ReadonlySet<string> = new Set([
  ...['assert', 'buffer', 'console', 'crypto', 'events', 'http', 'https', 'path', 'process', 'punycode'],
  ...['querystring', 'stream', 'string_decoder', 'timers', 'url', 'util'],
])
const modulesOfNode: ReadonlySet<string> = new Set([
  ...['async_hooks', 'child_process', 'cluster', 'dgram', 'dns', 'fs', 'http2', 'inspector', 'module', 'net'],
  ...['os', 'perf_hooks', 'readline', 'repl', 'tls', 'tty', 'v8', 'vm', 'worker_threads', 'zlib'],
])
const exactVersion = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.-]+)?$/
/** By the function of the platform, or by the name of a package that is there to make requests. */
const fetchingWords =
  /\bfetch\s*\(|['"`](?:node:https?|https?|axios|request|request-promise|got|ky|superagent|needle|undici|node-fetch)['"`]/
const maxCodeBytes = 100_000

export function ruleRemarks(rule: RuleText, allowedHosts: readonly string[]): Remark[] {
  return [
    ...moduleRemarks(rule),
    ...versionRemarks(rule),
    ...egressRemarks(rule, allowedHosts),
    ...textRemarks(rule),
  ]
}

function moduleRemarks({ about, place, code, dependencies }: RuleText): Remark[] {
  return [...requiredModules(code)].flatMap((name): Remark[] => {
    if (offeredModules.has(name) || Object.hasOwn(dependencies, name)) return []
    if (name.startsWith('.') || name.startsWith('/'))
      return [{ kind: 'todo', about, text: `it requires the file ${name}: a rule is one file, bundle it` }]
    if (modulesOfNode.has(name))
      return [{ kind: 'todo', about, text: `it requires ${name}, which rules do not have here` }]
    return [
      {
        kind: 'todo',
        about,
        text: `it requires ${name}: name it with one exact version among the dependencies in ${place}, or the server refuses the code`,
      },
    ]
  })
}

function requiredModules(code: string): Set<string> {
  const required = code.matchAll(/\brequire\(\s*(['"`])([^'"`\n]{1,214})\1\s*\)/g)
  const imported = code.matchAll(/^\s*import\b[^'"\n]{0,500}(['"])([^'"\n]{1,214})\1/gm)
  return new Set([...required, ...imported].map(([, , name = '']) => packageOf(name)))
}

/** `lodash/get` is of lodash, `@a/b/c` of @a/b. */
function packageOf(name: string): string {
  const bare = name.replace(/^node:/, '')
  if (/^[./]/.test(bare)) return bare
  return bare
    .split('/')
    .slice(0, bare.startsWith('@') ? 2 : 1)
    .join('/')
}

function versionRemarks({ about, place, dependencies }: RuleText): Remark[] {
  return Object.entries(dependencies)
    .filter(([, version]) => !exactVersion.test(version))
    .map(([name, version]) => ({
      kind: 'todo',
      about,
      text: `the version ${version} of ${name} is not exact: write one such as 1.2.3 in ${place}`,
    }))
}

function egressRemarks({ about, code }: RuleText, allowedHosts: readonly string[]): Remark[] {
  if (!fetchingWords.test(code)) return []
  const urls = code.matchAll(/https?:\/\/([a-z0-9][a-z0-9.-]*[a-z0-9](?::\d{1,5})?)/gi)
  const hosts = [...new Set([...urls].map(([, host = '']) => host.toLowerCase()))]
  const closed = hosts.filter((host) => !allowedHosts.includes(host))
  if (hosts.length > 0 && closed.length === 0) return []
  const named = closed.length > 0 ? ` Its code names: ${closed.join(', ')}.` : ''
  return [
    {
      kind: 'todo',
      about,
      text: `it seems to make requests, and rules reach no host until you allow it: tallystick settings update --egress-allow HOST.${named}`,
    },
  ]
}

function textRemarks({ about, code }: RuleText): Remark[] {
  const remarks: Remark[] = []
  const differs = (text: string) => remarks.push({ kind: 'differs', about, text })
  if (/\bgeoip\b/.test(code))
    differs('event.request.geoip is always empty: the server does not know where an address is')
  if (/\bevent\.(?:organization|custom_domain|agent)\b/.test(code))
    differs('event has no organization, custom_domain and agent, because there are none here')
  if (/##[A-Za-z0-9_.-]+##|@@[A-Za-z0-9_.-]+@@/.test(code))
    remarks.push({
      kind: 'todo',
      about,
      text: 'a keyword of the deploy tool stands in its code: give --mapping FILE',
    })
  if (Buffer.byteLength(code) > maxCodeBytes)
    remarks.push({ kind: 'stops', about, text: `its code has more than ${maxCodeBytes} bytes` })
  return remarks
}
