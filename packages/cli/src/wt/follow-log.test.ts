import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { SecretText } from '../secret-text.ts'
import { openDoor } from './door.ts'
import { followLog } from './follow-log.ts'

let server: Server

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Follows a server of these answers, one for each connection, until it has shown the last line. */
async function follow(answers: readonly RequestListener[], last?: string) {
  let connections = 0
  server = createServer((request, response) => {
    const answer = answers[Math.min(connections, answers.length - 1)]
    connections += 1
    answer?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const profile = { url: `http://127.0.0.1:${port}`, container: 'demo', token: new SecretText('token') }
  const interruption = new AbortController()
  const shown: string[] = []
  const said: string[] = []
  await followLog({
    door: openDoor(profile, fetch),
    interrupted: interruption.signal,
    onConnected: () => said.push('connected'),
    onLost: () => said.push('lost'),
    onRecord(json) {
      shown.push(json)
      if (json === last) interruption.abort()
    },
  })
  return { shown, said }
}

const lines =
  (...texts: string[]): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`: hello\n\n${texts.map((text) => `data: ${text}\n\n`).join('')}`)
  }

const refuse =
  (status: number, body: string): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end(body)
  }

test('a refused connection ends at once with the words of the server', async () => {
  const event = 'data: {"msg":"The token is not valid here."}\n\n'
  await expect(follow([refuse(401, event)])).rejects.toMatchObject({
    ending: 'unavailable',
    message: 'The token is not valid here.',
  })
})

test('a first connection to a failing server ends, a later one is tried again', async () => {
  await expect(follow([refuse(503, '{"message":"stopping"}')])).rejects.toThrow('stopping')
  server.close()
  const followed = await follow([lines('1'), refuse(503, '{"message":"stopping"}'), lines('2')], '2')
  expect(followed).toEqual({ shown: ['1', '2'], said: ['connected', 'lost', 'lost', 'connected'] })
})

test('a refusal after the connection was lost ends too', async () => {
  await expect(follow([lines('1'), refuse(401, '{"message":"revoked"}')])).rejects.toThrow('revoked')
})

test('lines that the server tells again after a lost connection are shown once', async () => {
  const followed = await follow(
    [lines('1', '2', '2', '3'), lines('2', '2', '3', '4'), lines('3', '4', '4', '5')],
    '5',
  )
  expect(followed.shown).toEqual(['1', '2', '2', '3', '4', '4', '5'])
})

test('the token goes in a header and not in the address', async () => {
  const seen: (string | undefined)[] = []
  const remember: RequestListener = (request, response) => {
    seen.push(request.url, request.headers.authorization)
    lines('1')(request, response)
  }
  await follow([remember], '1')
  expect(seen).toEqual(['/api/logs/tenant/demo', 'Bearer token'])
})
