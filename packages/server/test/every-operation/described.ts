/** The operations of `openapi.json`, and how one is called. */
import type { OperationName } from '@tallystick/management-api/contract'
import { type DescribedOperation, describeApi } from '../../src/http/api-description/openapi.ts'
import type { TestTenant } from '../two-tenants.ts'
import type { Make } from './make.ts'
import { samples } from './samples.ts'

export const described = Object.entries(describeApi('http://localhost', '0').paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
      name: operation.operationId as OperationName,
    })),
)

type Described = (typeof described)[number]

export interface Asked {
  readonly params?: Record<string, string>
  readonly token?: string
  readonly body?: unknown
  readonly query?: string
  readonly headers?: Record<string, string>
}

export function ask(tenant: TestTenant, { path, method }: Described, asked: Asked) {
  const { params = {}, token, body, query = '', headers = {} } = asked
  const filled = path.replaceAll(/\{([A-Za-z]+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''))
  return tenant.fetch(`/api/v2${filled}${query}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** What a valid request of this operation sends, made with `make`. */
export async function sampleOf(name: OperationName, make: Make): Promise<Asked> {
  const { params: makeParams, body: makeBody, query } = samples[name]
  const params = (await makeParams?.(make)) ?? {}
  const body = await makeBody?.(make, params)
  return { params, ...(body === undefined ? {} : { body }), ...(query === undefined ? {} : { query }) }
}

/** The sets of scopes of which each is enough. */
export const choicesOf = ({ security }: DescribedOperation) => security.map(({ bearer }) => bearer)

export function answerOf({ responses }: DescribedOperation): {
  status: number
  schema: unknown
  type: string
} {
  const [status = '', answer = {}] = Object.entries(responses).find(([one]) => one.startsWith('2')) ?? []
  const [[type = '', content] = []] = Object.entries(Object('content' in answer ? answer.content : {}))
  return { status: Number(status), schema: Object(content).schema, type }
}

/** Whether it reads what the other one changes. */
export function isReaderOf(other: Described, { path }: Described): boolean {
  return (
    other.method === 'GET' && other.path === path && answerOf(other.operation).type === 'application/json'
  )
}
