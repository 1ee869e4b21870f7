import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startWatch } from '../../test/own-time.ts'
import { destinationsBeside } from './destinations.ts'
import { createFetchDocument, documentTimeoutMs, maxDocumentBytes } from './fetch-document.ts'

async function sourceThat(answers: RequestListener) {
  let requests = 0
  const server = createHttpServer((request, response) => {
    requests++
    answers(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, url: new URL(`http://127.0.0.1:${port}/keys`), requests: () => requests }
}

function fetchingFrom(...ports: number[]) {
  const listed = ports.map((port) => ({ cidr: '127.0.0.1/32', port }))
  return createFetchDocument(destinationsBeside(listed, []))
}

function answering(status: number, headers: Record<string, string>, body = ''): RequestListener {
  return (_request, response) => response.writeHead(status, headers).end(body)
}

const json = { 'content-type': 'application/json' }

test('a private address that nobody listed is not connected to, by number or by name', async () => {
  const source = await sourceThat(answering(200, json, '{}'))
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '127.1', '2130706433']) {
    const fetchDocument = createFetchDocument(destinationsBeside([], []))
    for (const scheme of ['http', 'https']) {
      const outcome = await fetchDocument(new URL(`${scheme}://${host}:${source.port}/keys`))
      expect(outcome, `${scheme} ${host}`).toMatchObject({ kind: 'failed' })
    }
  }
  expect(source.requests()).toBe(0)
})

test('a name that resolves to a private address leads nowhere, and its address is not told', async () => {
  const source = await sourceThat(answering(200, json, '{}'))
  const fetchDocument = createFetchDocument(destinationsBeside([], []), (_host, _options, callback) =>
    callback(null, [{ address: '127.0.0.1', family: 4 }]),
  )
  const outcome = await fetchDocument(new URL(`https://keys.example.com:${source.port}/`))
  expect(outcome).toMatchObject({ kind: 'failed', failure: expect.not.stringContaining('127.0.0.1') })
  expect(source.requests()).toBe(0)
})

test('this server itself is not asked, even where its address is listed', async () => {
  const source = await sourceThat(answering(200, json, '{}'))
  const listed = [{ cidr: '127.0.0.1/32', port: source.port }]
  const itself = [{ address: '127.0.0.1', port: source.port }]
  const outcome = await createFetchDocument(destinationsBeside(listed, itself))(source.url)
  expect(outcome).toMatchObject({ kind: 'failed' })
  expect(source.requests()).toBe(0)
})

test('other schemes than http and https are refused', async () => {
  for (const url of ['file:///etc/passwd', 'data:application/json,{}', 'ftp://127.0.0.1/keys']) {
    expect(await fetchingFrom()(new URL(url)), url).toMatchObject({ kind: 'failed' })
  }
})

test('a redirect is not followed', async () => {
  const target = await sourceThat(answering(200, json, '{}'))
  const source = await sourceThat(answering(302, { ...json, location: target.url.href }))
  const outcome = await fetchingFrom(source.port, target.port)(source.url)
  expect(outcome).toEqual({ kind: 'failed', failure: 'The answer has status 302.' })
  expect(target.requests()).toBe(0)
})

test.each<[string, RequestListener]>([
  ['another status', answering(500, json, '{}')],
  ['another content type', answering(200, { 'content-type': 'text/html' }, '{}')],
  ['no content type', answering(200, {}, '{}')],
  ['an encoding that nobody asked for', answering(200, { ...json, 'content-encoding': 'gzip' }, '{}')],
  ['bytes that are no UTF-8', (_request, response) => response.writeHead(200, json).end(Buffer.from([0xff]))],
  ['too much', answering(200, json, ' '.repeat(maxDocumentBytes + 1))],
  ['a cut connection', (request) => request.socket.destroy()],
  [
    'a connection cut in the middle',
    (request, response) => {
      response.writeHead(200, { ...json, 'content-length': '100' }).write('{')
      setTimeout(() => request.socket.destroy(), 20)
    },
  ],
])('an answer with %s fails', async (_what, answers) => {
  const source = await sourceThat(answers)
  expect(await fetchingFrom(source.port)(source.url)).toMatchObject({ kind: 'failed' })
})

test('an endless answer is cut off at the limit, and not read on', async () => {
  let written = 0
  const source = await sourceThat((_request, response) => {
    response.writeHead(200, json)
    const piece = ' '.repeat(16_384)
    const write = () => {
      while (!response.destroyed && response.write(piece)) written += piece.length
    }
    response.on('drain', write)
    write()
  })
  expect(await fetchingFrom(source.port)(source.url)).toMatchObject({ kind: 'failed' })
  expect(written).toBeLessThan(20_000_000)
})

test('a source that sends byte by byte, and one that says nothing, are given up when their time is over', async () => {
  const dripping = await sourceThat((_request, response) => {
    response.writeHead(200, json)
    const timer = setInterval(() => response.write(' '), 200)
    response.on('close', () => clearInterval(timer))
  })
  const silent = await sourceThat(() => {})
  const sinceAsked = startWatch()
  const outcomes = await Promise.all([dripping, silent].map(({ port, url }) => fetchingFrom(port)(url)))
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ kind: 'failed', failure: expect.stringContaining('within') })
  }
  expect(sinceAsked()).toBeLessThan(documentTimeoutMs + 5000)
})

test('a document comes with the time for which it may be kept', async () => {
  for (const [cacheControl, maxAgeSeconds] of [
    ['public, max-age=300', 300],
    ['max-age="60"', 60],
    ['no-store', 0],
    ['max-age=300, no-cache', 0],
    ['max-age=soon', undefined],
    ['public', undefined],
  ] as const) {
    const source = await sourceThat(answering(200, { ...json, 'cache-control': cacheControl }, '{"keys":[]}'))
    const outcome = await fetchingFrom(source.port)(source.url)
    expect(outcome, cacheControl).toEqual({ kind: 'got', text: '{"keys":[]}', maxAgeSeconds })
  }
})

test('a document of the largest size, and of a type that ends in +json, is taken whole', async () => {
  const text = `"${'x'.repeat(maxDocumentBytes - 2)}"`
  const source = await sourceThat(
    answering(200, { 'content-type': 'application/jwk-set+json; charset=utf-8' }, text),
  )
  expect(await fetchingFrom(source.port)(source.url)).toMatchObject({ kind: 'got', text })
})
