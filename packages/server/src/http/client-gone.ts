/**
 * When whom an endless answer is for has gone. Who has ended its side of the connection may still wait for an answer that
 * comes to an end, and gets it; of one that never does, nothing else tells that nobody reads it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Calls `end` then, and also when the answer is over; it may be called twice. */
export function whenClientIsGone({ raw }: FastifyRequest, reply: FastifyReply, end: () => void): void {
  raw.socket.once('end', end)
  reply.raw.once('close', () => {
    raw.socket.off('end', end)
    end()
  })
}
