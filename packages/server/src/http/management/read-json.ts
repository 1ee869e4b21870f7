/** How bodies are read: as JSON, where nothing at all is no body and no fault. Some tools name a type and send nothing. */
import type { FastifyInstance } from 'fastify'

export function readJson(api: FastifyInstance): void {
  // A member that JavaScript would take for its own refuses the whole body.
  const parse = api.getDefaultJsonParser('error', 'error')
  api.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, String(body), done)
  })
}
