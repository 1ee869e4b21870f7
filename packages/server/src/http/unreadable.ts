/**
 * Requests that no route ever sees, because HTTP itself or the router cannot read them. They are answered like any
 * other: with a request id, uncached, and without naming the parser.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendManagementBody } from './respond.ts'

/** The path cannot be decoded. */
export function sendUnreadablePath(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
  sendManagementBody(reply, 400, 'The path of the request is not valid percent-encoding.', 'invalid_uri')
}

const statusOfParserError: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

export interface UnreadableBytes {
  /** The bytes are no HTTP request. The connection ends: what follows on it could be read in two ways. */
  readonly answer: (error: Error & { code?: string }, socket: Socket) => void
  /** So that nothing is answered twice. */
  readonly watch: (app: FastifyInstance) => void
}

export function createUnreadableBytes(newRequestId: () => string): UnreadableBytes {
  const lastAnswers = new WeakMap<Socket, ServerResponse>()

  /**
   * They belong to a request that has its answer, or come while
   * one is being written: a second answer would be another's.
   */
  function areAnswered(socket: Socket): boolean {
    const last = lastAnswers.get(socket)
    return last?.headersSent === true && !(last.req.complete && last.writableFinished)
  }

  return {
    answer(error, socket) {
      if (!socket.writable || error.code === 'ECONNRESET' || areAnswered(socket)) {
        socket.destroy()
        return
      }
      endWith(socket, statusOfParserError[error.code ?? ''] ?? '400 Bad Request', newRequestId)
    },
    watch(app) {
      app.server.on('request', (request: IncomingMessage, answer: ServerResponse) => {
        lastAnswers.set(request.socket, answer)
      })
    },
  }
}

/** This server is not a proxy (RFC 9110 §9.3.6). Without a listener Node closes the connection without an answer. */
export function refuseTunnels(app: FastifyInstance, newRequestId: () => string): void {
  app.server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    endWith(socket, '400 Bad Request', newRequestId)
  })
}

function endWith(socket: Duplex, status: string, newRequestId: () => string): void {
  const body = JSON.stringify({
    statusCode: Number(status.slice(0, 3)),
    error: status.slice(4),
    message: 'The request could not be read.',
  })
  const head = [
    `HTTP/1.1 ${status}`,
    `X-Request-Id: ${newRequestId()}`,
    'Cache-Control: no-store',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** RFC 9110 §10.1.1: an expectation that cannot be met. */
export function refuseExpectations(app: FastifyInstance, newRequestId: () => string): void {
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    response
      .writeHead(417, { 'x-request-id': newRequestId(), 'cache-control': 'no-store', connection: 'close' })
      .end()
    // What follows on this connection may be the body that was held back, or not.
    request.socket.destroySoon()
  })
}
