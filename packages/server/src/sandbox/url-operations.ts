/** The work behind `builtins/web-url.js`. */
import { type Operation, type Request, text } from './operation-request.ts'

/** UTF-16 units of one URL or query. */
const maxUrlLength = 65_536

export const urlOperations: readonly (readonly [name: string, operation: Operation])[] = [
  [
    'parseUrl',
    (request) =>
      parts(
        new URL(bounded(request, 'url'), request.base === undefined ? undefined : bounded(request, 'base')),
      ),
  ],
  ['changeUrl', changeUrl],
  ['parseQuery', (request) => [...new URLSearchParams(bounded(request, 'query'))]],
  ['writeQuery', writeQuery],
]

const members = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const

function changeUrl(request: Request): unknown {
  const url = new URL(bounded(request, 'url'))
  const member = members.find((name) => name === request.member)
  if (member !== undefined) url[member] = bounded(request, 'value')
  return parts(url)
}

function writeQuery(request: Request): string {
  const query = new URLSearchParams()
  const pairs: unknown = request.pairs
  if (!Array.isArray(pairs)) return ''
  for (const pair of pairs) if (Array.isArray(pair)) query.append(String(pair[0]), String(pair[1]))
  return query.toString()
}

function parts(url: URL): unknown {
  return { ...Object.fromEntries(members.map((member) => [member, url[member]])), origin: url.origin }
}

function bounded(request: Request, name: string): string {
  const value = text(request, name)
  if (value.length > maxUrlLength)
    throw new RangeError(`The ${name} is longer than ${maxUrlLength} characters.`)
  return value
}
