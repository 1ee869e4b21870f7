/**
 * Notices that the reader of an endless answer has gone. A client that has closed its side of the connection may
 * still wait for an answer that ends, and gets it; for an answer that never ends, that is the only sign that nobody
 * reads it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Calls `end` when the client has gone, and also when the answer is over; it may be called twice. */
export function whenClientIsGone({ raw }: FastifyRequest, reply: FastifyReply, end: () => void): void {
  raw.socket.once('end', end)
  reply.raw.once('close', () => {
    raw.socket.off('end', end)
    end()
  })
}
