import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { connect } from './connect.ts'
import { ManagementApiError } from './connection/error.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A server that answers as the test says, and the requests it got. */
async function answering(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    answer(request, response)
  })
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, requests }
}

function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

test('a refusal is an error with the status, code, words and request id of the answer', async () => {
  const { url } = await answering((_, response) =>
    json(
      response,
      404,
      { statusCode: 404, error: 'Not Found', message: 'The client does not exist', errorCode: 'not_found' },
      { 'x-request-id': 'r-1' },
    ),
  )
  const error = await connect({ url, token: 't' })
    .clients.get('x')
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ManagementApiError)
  expect(error).toMatchObject({
    status: 404,
    code: 'not_found',
    message: 'The client does not exist',
    requestId: 'r-1',
    retryAfterSeconds: undefined,
  })
})

test('a refusal that is no JSON of ours is told by its status', async () => {
  const { url } = await answering((_, response) =>
    response.writeHead(503, { 'retry-after': '7' }).end('<h1>proxy</h1>'),
  )
  await expect(connect({ url, token: 't' }).clients.list()).rejects.toMatchObject({
    status: 503,
    code: 'http_503',
    message: 'The server answered 503 Service Unavailable',
    retryAfterSeconds: 7,
  })
})

test('a success that is no JSON is an error that asks for the right URL', async () => {
  const { url } = await answering((_, response) => response.end('<h1>hello</h1>'))
  await expect(connect({ url, token: 't' }).pipeline.get()).rejects.toMatchObject({ code: 'not_json' })
})

test('a redirect is not followed, so the token goes nowhere else', async () => {
  const elsewhere = await answering((_, response) => json(response, 200, {}))
  const { url } = await answering((_, response) => response.writeHead(302, { location: elsewhere.url }).end())
  await expect(connect({ url, token: 't' }).clients.get('x')).rejects.toMatchObject({ status: 302 })
  expect(elsewhere.requests).toEqual([])
})

test('when nobody answers, what fetch throws comes through', async () => {
  await expect(connect({ url: 'http://127.0.0.1:9', token: 't' }).clients.get('x')).rejects.toThrow(TypeError)
})

test('a refused token is asked for once more, fresh, and not a third time', async () => {
  const { url, requests } = await answering((request, response) =>
    json(response, request.headers.authorization === 'Bearer good' ? 200 : 401, {}),
  )
  const asked: boolean[] = []
  const getToken = ({ fresh }: { fresh: boolean }) => {
    asked.push(fresh)
    return fresh ? 'good' : 'stale'
  }
  await connect({ url, getToken }).clients.get('x')
  expect(asked).toEqual([false, true])
  await expect(connect({ url, getToken: () => 'bad' }).clients.get('x')).rejects.toMatchObject({
    status: 401,
  })
  expect(requests).toHaveLength(4)
})

test('ids and queries reach the wire encoded, whatever they hold', async () => {
  const { url, requests } = await answering((_, response) =>
    json(response, 200, { start: 0, limit: 50, total: 0, client_grants: [] }),
  )
  const connection = connect({ url: `${url}/`, token: 't' })
  await connection.resourceServers.get('https://a/?b#c%2F../d')
  await connection.clientGrants.list({ audience: 'a&b=c', per_page: 3 })
  expect(requests.map((line) => line.split(' ')[1])).toEqual([
    '/api/v2/resource-servers/https%3A%2F%2Fa%2F%3Fb%23c%252F..%2Fd',
    '/api/v2/client-grants?audience=a%26b%3Dc&per_page=3&include_totals=true',
  ])
})

test('following ends at once when the server refuses, and on the signal when it does not', async () => {
  const refusing = await answering((_, response) => json(response, 403, { message: 'no', errorCode: 'x' }))
  const refused = connect({ url: refusing.url, token: 't' }).logs.follow()
  await expect(refused.next()).rejects.toMatchObject({ status: 403 })

  const silent = await answering((_, response) => response.writeHead(200).write(': hello\n\n'))
  const ending = new AbortController()
  const followed = connect({ url: silent.url, token: 't' }).logs.follow({ signal: ending.signal })
  const next = followed.next()
  await expect.poll(() => silent.requests.length).toBe(1)
  ending.abort()
  expect(await next).toEqual({ done: true, value: undefined })
})

test('a broken tail is followed again from the last id, even one that came without an event', async () => {
  const ids: unknown[] = []
  const { url } = await answering((request, response) => {
    ids.push(request.headers['last-event-id'])
    if (ids.length === 3) {
      response.writeHead(503).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (ids.length === 1) response.end('id: one\n\n')
    else if (ids.length === 2) response.end('id: two\ndata: {"kind":"gap","reason":"a"}\n\n')
    else response.end('data: {"kind":"gap","reason":"b"}\n\n')
  })
  const waits: number[] = []
  const reasons: unknown[] = []
  for await (const event of connect({ url, token: 't' }).logs.follow({
    onReconnect: (ms) => waits.push(ms),
  })) {
    reasons.push('reason' in event ? event.reason : undefined)
    if (reasons.length === 2) break
  }
  expect(reasons).toEqual(['a', 'b'])
  expect(ids).toEqual([undefined, 'one', 'two', 'two'])
})

test('a token that is bound to a key goes with a proof for each call, and with the newest nonce', async () => {
  const proofs: string[] = []
  const { url, requests } = await answering((request, response) => {
    proofs.push(String(request.headers.dpop))
    const isNonceKnown = request.headers.dpop?.includes('n-1')
    const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' }
    json(response, isNonceKnown ? 200 : 401, {}, isNonceKnown ? {} : challenge)
  })
  const token = {
    token: 't',
    prove: (asked: object) => JSON.stringify(asked),
  }
  const { tenantSettings } = connect({ url, token })
  await tenantSettings.get()
  await tenantSettings.update({})
  expect(requests).toEqual([
    'GET /api/v2/tenants/settings DPoP t',
    'GET /api/v2/tenants/settings DPoP t',
    'PATCH /api/v2/tenants/settings DPoP t',
  ])
  const settings = `${url}/api/v2/tenants/settings`
  expect(proofs.map((proof) => JSON.parse(proof))).toEqual([
    { method: 'GET', url: settings },
    { method: 'GET', url: settings, nonce: 'n-1' },
    { method: 'PATCH', url: settings, nonce: 'n-1' },
  ])
})

test('who asks for nonces without end is asked twice and believed', async () => {
  const { url, requests } = await answering((_, response) =>
    json(response, 401, {}, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n' }),
  )
  const token = { token: 't', prove: () => 'proof' }
  await expect(connect({ url, token }).tenantSettings.get()).rejects.toMatchObject({ status: 401 })
  expect(requests.length).toBeLessThanOrEqual(4)
})
