/** The management API as an OpenAPI 3.1 document, made from the table that its routes are made from. */
import { operations } from '@tallystick/management-api/contract'
import { errorBody } from '@tallystick/management-api/contract/errors'
import type { Operation } from '@tallystick/management-api/contract/operation'
import type { TSchema } from 'typebox'
import { refusals, refusalsOf } from './refusals.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: object
}

export interface DescribedOperation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly [string]
  readonly security: readonly { readonly bearer: readonly string[] }[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, object>>
}

type Content = Readonly<Record<string, { readonly schema: object }>>

export type OpenApi = ReturnType<typeof describeApi>

/** `origin` is the tenant's: where these operations are, and where the tokens for them come from. */
export function describeApi(origin: string, version: string) {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tallystick management API',
      version,
      description:
        'Clients, APIs, grants, rules, keys and logs of one tenant. Send an access token of this API in the Authorization header. Every object is closed: a member that is not described is refused by name.',
    },
    servers: [{ url: `${origin}/api/v2` }],
    paths: describePaths(),
    components: {
      securitySchemes: {
        bearer: {
          type: 'oauth2',
          description: `An access token (RFC 6750) for the audience ${origin}/api/v2/. Each operation names the scopes it asks for.`,
          flows: { clientCredentials: { tokenUrl: `${origin}/oauth/token`, scopes: describeScopes() } },
        },
      },
      schemas: { Error: errorBody },
      responses: refusals,
    },
  }
}

function describePaths(): Record<string, Record<string, DescribedOperation>> {
  const paths: Record<string, Record<string, DescribedOperation>> = {}
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const path = operation.path.replaceAll(/:([A-Za-z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describeOperation(name, operation) }
  }
  return paths
}

function describeOperation(name: string, operation: Operation): DescribedOperation {
  const { scopes, allScopes, body, method } = operation
  return {
    operationId: name,
    summary: operation.summary ?? inWords(name),
    tags: [tagOf(operation.path)],
    // One entry of the list is enough, and of an entry every scope is needed.
    security: allScopes ? [{ bearer: [...scopes] }] : scopes.map((scope) => ({ bearer: [scope] })),
    parameters: [...pathParameters(operation), ...queryParameters(operation), ...headerParameters(operation)],
    ...(body
      ? {
          requestBody: {
            required: !operation.bodyMayBeAbsent,
            content: { 'application/json': { schema: body } },
          },
        }
      : {}),
    responses: {
      [operation.status]: describeAnswer(operation),
      ...(method === 'GET' && !operation.eventStream
        ? { 304: { description: 'Unchanged: If-None-Match names the present state.' } }
        : {}),
      ...Object.fromEntries(
        refusalsOf(operation).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
      ),
    },
  }
}

function describeAnswer({ status, response, eventStream, method }: Operation): object {
  if (!response) return { description: status === 204 ? 'Done; the answer has no body.' : 'Done.' }
  const type = eventStream ? 'text/event-stream' : 'application/json'
  return {
    description: eventStream ? 'Server-sent events; the data of each is one such object.' : 'Done.',
    headers: {
      'X-Request-Id': {
        schema: { type: 'string' },
        description: 'The id of the log entry of this request.',
      },
      ...(eventStream ? {} : { ETag: { schema: { type: 'string' }, description: 'For If-Match.' } }),
      ...(method === 'POST'
        ? { 'Idempotent-Replayed': { schema: { const: 'true' }, description: 'Answered as before.' } }
        : {}),
    },
    content: { [type]: { schema: response } },
  }
}

function pathParameters({ path }: Operation): Parameter[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Operation): Parameter[] {
  const required = requiredOf(query)
  return Object.entries(propertiesOf(query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: Object(schema),
  }))
}

function headerParameters({ method, path }: Operation): Parameter[] {
  if (method === 'POST') return [idempotencyKey]
  return method !== 'GET' && isReadable(path) ? [ifMatch] : []
}

const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key again within 24 hours gets the same answer, and nothing is done twice.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

const ifMatch: Parameter = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'An ETag: the change is made only while the object is still what that answer told.',
  schema: { type: 'string' },
}

function isReadable(path: string): boolean {
  return Object.values<Operation>(operations).some((other) => other.method === 'GET' && other.path === path)
}

function propertiesOf(schema: TSchema | undefined): object {
  return schema && 'properties' in schema ? Object(schema.properties) : {}
}

function requiredOf(schema: TSchema | undefined): readonly unknown[] {
  return schema && 'required' in schema && Array.isArray(schema.required) ? schema.required : []
}

function describeScopes(): Record<string, string> {
  const scopes = Object.values<Operation>(operations).flatMap((operation) => operation.scopes)
  return Object.fromEntries(
    scopes.toSorted().map((scope) => [scope, scope.replace(':', ' ').replaceAll('_', ' ')]),
  )
}

/** `/client-grants/:id` → `client-grants`. */
function tagOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** `rotateClientSecret` → `Rotate client secret`. */
function inWords(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
