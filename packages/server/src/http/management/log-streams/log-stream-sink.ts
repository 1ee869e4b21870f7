/** Where a stream goes, on the wire ↔ in the domain: secret values go in and never come out. */
import type {
  LogStream as LogStreamOnWire,
  LogStreamSinkToCreate,
} from '@tallystick/management-api/contract/log-streams'
import { hiddenValue } from '@tallystick/management-api/contract/schema'
import { isStreamHeaderName, type LogStream, type LogStreamSink } from '../../../domain/log-stream.ts'
import { headerField, type LogStreamSecrets } from '../../../keys/secret/log-stream-secrets.ts'
import { invalidBody } from '../operation/invalid-body.ts'

export interface SinkDeps {
  readonly streamSecrets: Pick<LogStreamSecrets, 'encrypt'>
  /** Undefined when something may be sent there; otherwise one sentence that says why not. */
  readonly whyNotEndpoint: (url: URL) => string | undefined
}

type StreamIdentity = Pick<LogStream, 'tenantId' | 'id'>

/** @throws ManagementError `invalid_body` */
export function sinkFromWire(
  deps: SinkDeps,
  stream: StreamIdentity,
  sink: LogStreamSinkToCreate,
  known?: LogStreamSink,
): LogStreamSink {
  const { httpAuthorization } = sink
  const endpoint = endpointFrom(deps, sink.httpEndpoint)
  const stored = known && isSameReceiver(known.endpoint, endpoint) ? known : withoutSecrets(known, sink)
  return {
    endpoint,
    contentType: sink.httpContentType ?? stored?.contentType ?? 'application/json',
    contentFormat: sink.httpContentFormat ?? stored?.contentFormat ?? 'JSONLINES',
    authorization: authorizationFrom(deps, stream, httpAuthorization, stored),
    customHeaders: headersFrom(deps, stream, sink, stored),
  }
}

function isSameReceiver(endpoint: string, other: string): boolean {
  return new URL(endpoint).origin === new URL(other).origin
}

/**
 * For a stream that is pointed elsewhere. Whoever may change a stream need not know its secrets, and would learn them
 * from the requests that arrive at the new address.
 */
function withoutSecrets(
  known: LogStreamSink | undefined,
  { httpAuthorization, httpCustomHeaders }: LogStreamSinkToCreate,
): LogStreamSink | undefined {
  if (!known) return undefined
  const elsewhere = 'The stream goes to another server now; send the value anew, or what removes it'
  if (known.authorization && httpAuthorization === undefined)
    throw invalidBody('sink.httpAuthorization', elsewhere)
  if (known.customHeaders.length > 0 && httpCustomHeaders === undefined)
    throw invalidBody('sink.httpCustomHeaders', elsewhere)
  return { ...known, authorization: undefined, customHeaders: [] }
}

function endpointFrom(deps: SinkDeps, text: string): string {
  const member = 'sink.httpEndpoint'
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw invalidBody(member, 'It must be an https URL')
  }
  if (url.username !== '' || url.password !== '') {
    throw invalidBody(member, 'Credentials belong into httpAuthorization, not into the URL')
  }
  const reason = deps.whyNotEndpoint(url)
  if (reason !== undefined) throw invalidBody(member, reason)
  return url.href
}

/** Where it is left out it stays: Auth0's deploy tool leaves out every secret that it has exported. */
function authorizationFrom(
  deps: SinkDeps,
  stream: StreamIdentity,
  sent: LogStreamSinkToCreate['httpAuthorization'],
  stored: LogStreamSink | undefined,
): LogStreamSink['authorization'] {
  if (sent === undefined) return stored?.authorization
  if (sent === null) return undefined
  if (sent === hiddenValue) return keptValue(stored?.authorization, 'sink.httpAuthorization')
  return deps.streamSecrets.encrypt(stream, 'authorization', sent)
}

function headersFrom(
  deps: SinkDeps,
  stream: StreamIdentity,
  { httpCustomHeaders }: LogStreamSinkToCreate,
  stored: LogStreamSink | undefined,
): LogStreamSink['customHeaders'] {
  if (httpCustomHeaders === undefined) return stored?.customHeaders ?? []
  const member = 'sink.httpCustomHeaders'
  const names = httpCustomHeaders.map(({ header }) => header.toLowerCase())
  if (new Set(names).size < names.length) throw invalidBody(member, 'Each header can stand there once')
  return httpCustomHeaders.map(({ header: name, value }) => {
    if (!isStreamHeaderName(name)) throw invalidBody(member, 'One of the headers cannot be set by a stream')
    if (value !== hiddenValue) {
      return { name, value: deps.streamSecrets.encrypt(stream, headerField(name), value) }
    }
    const kept = stored?.customHeaders.find((one) => one.name.toLowerCase() === name.toLowerCase())
    return { name, value: keptValue(kept?.value, member) }
  })
}

/** The placeholder, sent back, means the stored value. */
function keptValue<Value>(stored: Value | undefined, member: string): Value {
  if (stored !== undefined) return stored
  throw invalidBody(
    member,
    `${hiddenValue} stands for a value that is stored, and there is none; send the value`,
  )
}

export function sinkOnWire(sink: LogStreamSink): LogStreamOnWire['sink'] {
  return {
    httpEndpoint: sink.endpoint,
    httpContentType: sink.contentType,
    httpContentFormat: sink.contentFormat,
    ...(sink.authorization && { httpAuthorization: hiddenValue }),
    ...(sink.customHeaders.length > 0 && {
      httpCustomHeaders: sink.customHeaders.map(({ name }) => ({ header: name, value: hiddenValue })),
    }),
  }
}
