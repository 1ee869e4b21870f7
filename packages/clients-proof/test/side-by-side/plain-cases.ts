/** Requests that are wrong in their parameters, their form, or in how a secret is sent. */
import type { TokenRequest } from './send.ts'
import { api, type Clients } from './sides.ts'

export type Case = readonly [name: string, requests: readonly TokenRequest[]]

export const grant = { grant_type: 'client_credentials', resource: api }

export function form(...parts: readonly (Readonly<Record<string, string>> | string)[]): string {
  return parts.map((one) => (typeof one === 'string' ? one : new URLSearchParams(one).toString())).join('&')
}

const basicOf = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
const one = (name: string, request: TokenRequest): Case => [name, [request]]
const typed = (type: string | undefined, body: string): TokenRequest => ({
  body,
  headers: { 'content-type': type },
})

export function plainCases(clients: Clients): Case[] {
  return [
    ...parameterCases(clients),
    ...formCases(clients),
    ...credentialCases(clients),
    ...targetCases(clients),
  ]
}

function parameterCases({ post }: Clients): Case[] {
  const secret = { client_id: post.id, client_secret: post.secret }
  const right = form(grant, secret)
  const withGrant = (grant_type: string) => ({ body: form({ grant_type, resource: api }, secret) })
  return [
    one('right, the secret in the body', { body: right }),
    one('no grant type', { body: form({ resource: api }, secret) }),
    one('an empty grant type', withGrant('')),
    one('an unknown grant type', withGrant('urn:example:grant')),
    one('the grant type password', withGrant('password')),
    one('the grant type in capitals', withGrant('CLIENT_CREDENTIALS')),
    one('grant_type twice', { body: form(right, { grant_type: 'client_credentials' }) }),
    one('client_id twice', { body: form(right, { client_id: post.id }) }),
    one('client_secret twice, once wrong', { body: form(right, { client_secret: 'x' }) }),
    one('scope twice', { body: form(right, { scope: 'read' }, { scope: 'read' }) }),
    one('an unknown parameter twice', { body: form(right, 'x=1&x=2') }),
    one('the secret in the URL', {
      body: form(grant, { client_id: post.id }),
      query: `?client_secret=${post.secret}`,
    }),
    one('a scope in the URL beside a right body', { body: right, query: '?scope=read' }),
    one('everything in the URL', { query: `?${right}` }),
    one('GET', { method: 'GET', query: `?${right}` }),
    one('PUT', { method: 'PUT', body: right }),
  ]
}

function formCases({ post }: Clients): Case[] {
  const fields = { ...grant, client_id: post.id, client_secret: post.secret }
  const right = form(fields)
  const formType = 'application/x-www-form-urlencoded'
  return [
    one('a JSON body', typed('application/json', JSON.stringify(fields))),
    one('a body of text/plain', typed('text/plain', right)),
    one('a body of no type', typed(undefined, right)),
    one('a charset other than UTF-8', typed(`${formType}; charset=iso-8859-1`, right)),
    one('a Content-Encoding that it does not have', { body: right, headers: { 'content-encoding': 'gzip' } }),
    one('a percent sign without digits', { body: form(right, 'x=100%') }),
    one('percent-encoded bytes that are no UTF-8', { body: form(right, 'x=%ff') }),
    one('a byte order mark', { body: `\ufeff${right}` }),
    one('a question mark in front', { body: `?${right}` }),
    one('a body of 70,000 bytes', { body: form(right, { x: 'x'.repeat(70_000) }) }),
  ]
}

function credentialCases({ basic, post }: Clients): Case[] {
  const right = basicOf(`${basic.id}:${basic.secret}`)
  const by = (authorization: string | readonly string[], body = form(grant)) => ({
    headers: { authorization },
    body,
  })
  const inBody = (client_id: string, client_secret: string) => ({
    body: form(grant, { client_id, client_secret }),
  })
  return [
    one('right, by Basic', by(right)),
    one('no client', { body: form(grant) }),
    one('a client without its secret', { body: form(grant, { client_id: post.id }) }),
    one('an unknown client, in the body', inBody('nobody', post.secret)),
    one('a wrong secret, in the body', inBody(post.id, 'wrong')),
    one('an unknown client, by Basic', by(basicOf(`nobody:${basic.secret}`))),
    one('a wrong secret, by Basic', by(basicOf(`${basic.id}:wrong`))),
    one('an empty secret, by Basic', by(basicOf(`${basic.id}:`))),
    one('by Basic for a client made for the body', by(basicOf(`${post.id}:${post.secret}`))),
    one('in the body for a client made for Basic', inBody(basic.id, basic.secret)),
    one(
      'Basic and a secret in the body, both right',
      by(right, form(grant, { client_secret: basic.secret })),
    ),
    one('Basic and another client in the body', by(right, form(grant, { client_id: post.id }))),
    one('Basic twice', by([right, right])),
    one('Basic with a bare percent sign', by(basicOf('foo with %:foo with $'))),
    one('Basic without a colon', by(basicOf(basic.id))),
    one('Basic that is no base64', by('Basic !!!')),
    one(
      'Basic without padding',
      by(basicOf(`${basic.id}:${basic.secret.replace('t', '%74')}`).replace(/=+$/, '')),
    ),
    one('Basic with a parameter behind', by(`${right}, realm=x`)),
    one('the scheme Bearer', by(`Bearer ${basic.secret}`)),
  ]
}

function targetCases({ post }: Clients): Case[] {
  const secret = { client_id: post.id, client_secret: post.secret }
  const scoped = (name: string, scope: string) => one(name, { body: form(grant, secret, { scope }) })
  const aimed = (name: string, target: Readonly<Record<string, string>> | string) =>
    one(name, { body: form({ grant_type: 'client_credentials' }, secret, target) })
  return [
    scoped('a scope that nobody offers', 'nope'),
    scoped('a scope that is not granted', 'write'),
    scoped('a granted scope and another', 'read write'),
    scoped('a scope with a quotation mark', '"'),
    scoped('a scope beyond ASCII', 'é'),
    scoped('a scope with a line break', 'read\nx'),
    scoped('two spaces between scopes', 'read  read'),
    scoped('a space before the scope', ' read'),
    aimed('no resource', {}),
    aimed('an unknown resource', { resource: 'https://unknown.example.com/' }),
    aimed('a relative resource', { resource: '/invoices' }),
    aimed('a resource with a fragment', { resource: `${api}#x` }),
    aimed('a resource with a space in front', { resource: ` ${api}` }),
    aimed('two resources', form({ resource: api }, { resource: 'https://unknown.example.com/' })),
    aimed('an audience that is not the resource', {
      resource: api,
      audience: 'https://unknown.example.com/',
    }),
  ]
}
